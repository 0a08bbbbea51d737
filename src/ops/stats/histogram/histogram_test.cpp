#include "ops/stats/histogram/histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "ops/stats/histogram/bins.hpp"

namespace weir::ops {
namespace {

struct Counted {
  std::vector<std::uint64_t> counts;
  Histogram::Output out;
};

Counted histogram_of(const Histogram::Args& args) {
  Workers workers(2);
  CpuRun run{workers};
  Counted counted;
  counted.counts.resize(args.bin_count());
  counted.out.counts = counted.counts;
  const Status status = Histogram::cpu(run, args, counted.out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return counted;
}

TEST(Histogram, ClosesItsLastBin) {
  const std::vector<double> x = {0, 1, 1.5, 2, 3, 4, 4};
  const Values values = Values::of(std::span<const double>(x));
  const std::vector<std::uint64_t> want = {1, 2, 1, 3};
  EXPECT_EQ(histogram_of({.x = values, .low = 0, .high = 4, .bins = 4}).counts, want);
  const std::vector<double> edges = {0, 1, 2, 3, 4};
  EXPECT_EQ(histogram_of({.x = values, .edges = edges}).counts, want);
}

TEST(Histogram, CountsTheRestApart) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> x = {-inf, -1, 0.5, nan, 2, inf, 0.5};
  const std::uint64_t validity = 0b0111111;
  const Counted counted =
      histogram_of({.x = Values::of(std::span<const double>(x)).with_validity(&validity),
                    .low = 0,
                    .high = 1,
                    .bins = 1});
  EXPECT_EQ(counted.counts[0], 1U);
  EXPECT_EQ(counted.out.below, 2U);
  EXPECT_EQ(counted.out.above, 2U);
  EXPECT_EQ(counted.out.nans, 1U);
  EXPECT_EQ(counted.out.nulls, 1U);
}

TEST(Histogram, EdgesDecideWhereTheProductIsOff) {
  // Every edge itself, and the numbers next to it, of bins that no product hits exactly.
  const Histogram::Args args{.x = {}, .low = 0.1, .high = 0.7, .bins = 997};
  const std::vector<double> edges = Bins::edges_of(args);
  const Bins bins = Bins::of(args, edges);
  for (std::size_t i = 1; i < args.bins; ++i) {
    ASSERT_EQ(bins.place_of(edges[i]), 1 + i);
    ASSERT_EQ(bins.place_of(std::nextafter(edges[i], 0.0)), i);
  }
  EXPECT_EQ(bins.place_of(0.7), 997U);
  EXPECT_EQ(bins.place_of(std::nextafter(0.7, 1.0)), 998U);
}

// Those of the bins, of what lies below and above, of NaNs and of nulls.
TEST(Histogram, CountsTheCountersOfEachBlockBegun) {
  const std::vector<double> x(4097);
  const Values values = Values::of(std::span<const double>(x));
  EXPECT_EQ(Histogram::footprint({.x = values, .bins = 10}).bytes_scratch,
            2 * 14 * sizeof(std::uint32_t));
}

TEST(Histogram, RefusesBinsThatAreNone) {
  const std::vector<double> edges = {0, 1, 1};
  const Status status = Histogram::check({.x = {}, .edges = edges});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("edge 2 is 1"), std::string::npos);
  EXPECT_FALSE(Histogram::check({.x = {}, .low = 3, .high = 3, .bins = 2}).is_ok());
  EXPECT_FALSE(Histogram::check({.x = {}, .low = 1, .high = 1 + 1e-15, .bins = 100}).is_ok());
  EXPECT_FALSE(Histogram::check({.x = {}, .bins = 0}).is_ok());
  std::uint64_t room[2];
  EXPECT_EQ(Histogram::check_output({.x = {}, .bins = 3}, {room}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
