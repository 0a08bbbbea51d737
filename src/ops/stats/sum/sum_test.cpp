#include "ops/stats/sum/sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace weir::ops {
namespace {

Sum::Output sum_of(const Sum::Args& args) {
  Workers workers(2);
  CpuRun run{workers};
  Sum::Output out;
  const Status status = Sum::cpu(run, args, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return out;
}

TEST(Sum, GivesTheGoldenBits) {
  std::vector<double> x(5000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 1000.0 + static_cast<double>(static_cast<std::uint32_t>(i * 2654435761U)) * 0x1p-20;
  }
  const Sum::Output out = sum_of({.x = Values::of(std::span<const double>(x))});
  EXPECT_EQ(out.sum, 0x1.d10e7d59b3800p+23);
  EXPECT_EQ(out.count, 5000U);
}

TEST(Sum, CountsAPieceForEachBlockBegun) {
  const std::vector<double> x(1025);
  const Values values = Values::of(std::span<const double>(x));
  EXPECT_EQ(Sum::footprint({.x = values}).bytes_scratch, 2 * sizeof(Piece<numeric::Compensated>));
  EXPECT_EQ(Sum::footprint({.x = values.slice(0, 1)}).bytes_scratch,
            sizeof(Piece<numeric::Compensated>));
}

TEST(Sum, CompensatesOnRequest) {
  std::vector<double> x(4096);
  x[0] = 1;
  x[1024] = 1e100;
  x[2048] = 1;
  x[3072] = -1e100;
  const Values values = Values::of(std::span<const double>(x));
  EXPECT_EQ(sum_of({.x = values}).sum, 0);
  EXPECT_EQ(sum_of({.x = values, .method = Sum::Method::kNeumaier}).sum, 2);
}

TEST(Sum, AddsFloatsInDouble) {
  const std::vector<float> x(4'000'000, 0.1F);  // a fold in f32 loses 4 % of this
  const double want = 4e6 * static_cast<double>(0.1F);
  EXPECT_NEAR(sum_of({.x = Values::of(std::span<const float>(x))}).sum, want, 1e-6);
}

TEST(Sum, SkipsNullsAndTreatsNanAsAsked) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> x = {1, nan, 4, 8, nan};
  const std::uint64_t validity = 0b01111;  // the last NaN is null
  const Values values = Values::of(std::span<const double>(x)).with_validity(&validity);
  const Sum::Output omitted = sum_of({.x = values, .nan = NanPolicy::kOmit});
  EXPECT_EQ(omitted,
            (Sum::Output{.sum = 13, .count = 3, .nulls = 1, .nans = 1, .partial = {13, 0}}));
  const Sum::Output propagated = sum_of({.x = values});
  EXPECT_TRUE(propagated.sum != propagated.sum);
  EXPECT_EQ(propagated.count, 4U);
  Workers workers(1);
  CpuRun run{workers};
  Sum::Output out;
  const Status raised = Sum::cpu(run, {.x = values, .nan = NanPolicy::kRaise}, out);
  EXPECT_EQ(raised.code(), Code::kInvalidArgument);
  EXPECT_NE(raised.message().find("row 1"), std::string::npos) << raised.to_string();
}

TEST(Sum, OfNothingIsZeroOfZeroValues) {
  EXPECT_EQ(sum_of({}), Sum::Output{});
  const std::uint64_t none = 0;
  const std::vector<double> x = {5, 6};
  EXPECT_EQ(sum_of({.x = Values::of(std::span<const double>(x)).with_validity(&none)}),
            (Sum::Output{.sum = 0, .count = 0, .nulls = 2, .nans = 0}));
}

TEST(Sum, OfPiecesJoinsToTheSumOfAll) {
  std::vector<double> x(7 * 1024 + 100);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1e16 / static_cast<double>(i + 1) - 3e12;
  const Values all = Values::of(std::span<const double>(x));
  for (const auto method : {Sum::Method::kCanonical, Sum::Method::kNeumaier}) {
    numeric::CanonicalCounter<numeric::Compensated> careful;
    numeric::CanonicalCounter<double> plain;
    for (const auto& [from, blocks] : {std::pair<std::size_t, std::size_t>{0, 4}, {4, 2}, {6, 2}}) {
      const std::size_t begin = from * 1024;
      const std::size_t count = std::min(blocks * 1024, x.size() - begin);
      const auto part = sum_of({.x = all.slice(begin, count), .method = method}).partial;
      careful.push_level(part, blocks == 4 ? 2 : 1);
      plain.push_level(part.sum, blocks == 4 ? 2 : 1);
    }
    const Sum::Output whole = sum_of({.x = all, .method = method});
    if (method == Sum::Method::kNeumaier) {
      EXPECT_EQ(careful.result(), whole.partial);
    } else {
      EXPECT_EQ(plain.result(), whole.sum);
    }
  }
}

TEST(Sum, RefusesAColumnOfTwoTypes) {
  const std::vector<double> x = {1};
  const std::vector<float> y = {1};
  EXPECT_EQ(Sum::check({.x = {.f64 = x, .f32 = y}}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
