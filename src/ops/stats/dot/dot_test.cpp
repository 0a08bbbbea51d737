#include "ops/stats/dot/dot.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "ops/stats/pieces.hpp"

namespace weir::ops {
namespace {

Dot::Output dot_of(const Dot::Args& args) {
  Workers workers(2);
  CpuRun run{workers};
  Dot::Output out;
  EXPECT_TRUE(Dot::check(args).is_ok());
  EXPECT_TRUE(Dot::cpu(run, args, out).is_ok());
  return out;
}

TEST(Dot, GivesTheGoldenBits) {
  std::vector<double> x(5000);
  std::vector<double> y(5000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 1000.0 + static_cast<double>(static_cast<std::uint32_t>(i * 2654435761U)) * 0x1p-20;
    y[i] = static_cast<double>(i % 7);
  }
  const Dot::Output out = dot_of(
      {.x = Values::of(std::span<const double>(x)), .y = Values::of(std::span<const double>(y))});
  EXPECT_EQ(out.dot, 0x1.5c67bdfcfe600p+25);
  EXPECT_EQ(out.count, 5000U);
}

TEST(Dot, SkipsPairsWithANullOnEitherSide) {
  const std::vector<double> x = {1, 2, 3, 4};
  const std::vector<float> y = {10, 20, 30, 40};
  const std::uint64_t first = 0b1101;
  const std::uint64_t second = 0b1011;
  const Dot::Output out =
      dot_of({.x = Values::of(std::span<const double>(x)).with_validity(&first),
              .y = Values::of(std::span<const float>(y)).with_validity(&second)});
  EXPECT_EQ(out, (Dot::Output{.dot = 170, .count = 2}));
  EXPECT_EQ(dot_of({}), Dot::Output{});
}

TEST(Dot, CountsMasksAndAPieceForEachBlockBegun) {
  const std::vector<double> x(1025);
  const std::vector<std::uint64_t> all(17, ~std::uint64_t{0});
  const Values plain = Values::of(std::span<const double>(x));
  const Values masked = plain.with_validity(all.data());
  EXPECT_EQ(Dot::footprint({.x = plain, .y = plain}).bytes_in, 2 * 8 * x.size());
  EXPECT_EQ(Dot::footprint({.x = masked, .y = plain}).bytes_in, 2 * 8 * x.size() + 1025 / 8);
  EXPECT_EQ(Dot::footprint({.x = masked, .y = masked}).bytes_in, 2 * (8 * x.size() + 1025 / 8));
  EXPECT_EQ(Dot::footprint({.x = plain, .y = plain}).bytes_scratch, 2 * sizeof(Piece<double>));
}

TEST(Dot, NamesBothLengthsWhereTheyDiffer) {
  const std::vector<double> x = {1, 2, 3};
  const Values three = Values::of(std::span<const double>(x));
  const Status status = Dot::check({.x = three, .y = three.slice(0, 2)});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("x has 3 values, y 2"), std::string::npos);
}

}  // namespace
}  // namespace weir::ops
