#include "ops/stats/quantile/quantile.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/rng.hpp"

namespace weir::ops {
namespace {

std::vector<double> quantiles_of(const Values& x, const std::vector<double>& q,
                                 Interpolation interpolation = Interpolation::kLinear,
                                 NanPolicy nan = NanPolicy::kPropagate) {
  Workers workers(2);
  CpuRun run{workers};
  std::vector<double> values(q.size());
  Quantile::Output out{values};
  const Status status =
      Quantile::cpu(run, {.x = x, .q = q, .interpolation = interpolation, .nan = nan}, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return values;
}

Values view(const std::vector<double>& x) {
  return Values::of(std::span<const double>(x));
}

TEST(Quantile, OfOneTwoThreeTen) {
  const std::vector<double> x = {10, 3, 1, 2};
  const std::vector<double> got = quantiles_of(view(x), {0.1, 0.5, 0.9});
  EXPECT_DOUBLE_EQ(got[0], 1.3);
  EXPECT_DOUBLE_EQ(got[1], 2.5);
  EXPECT_DOUBLE_EQ(got[2], 7.9);
}

TEST(Quantile, InterpolatesAsAsked) {
  const std::vector<double> x = {1, 2, 3, 10};
  const auto all = [&](double q) {
    std::vector<double> got;
    for (const auto mode : {Interpolation::kLower, Interpolation::kHigher, Interpolation::kNearest,
                            Interpolation::kMidpoint}) {
      got.push_back(quantiles_of(view(x), {q}, mode)[0]);
    }
    return got;
  };
  EXPECT_EQ(all(0.1), (std::vector<double>{1, 2, 1, 1.5}));
  EXPECT_EQ(all(0.5), (std::vector<double>{2, 3, 3, 2.5}));  // halfway of ranks 1 and 2
  EXPECT_EQ(all(0.9), (std::vector<double>{3, 10, 10, 6.5}));
  EXPECT_EQ(all(1.0), (std::vector<double>{10, 10, 10, 10}));
}

TEST(Quantile, LiesBetweenValuesWhoseDistanceOverflows) {
  const std::vector<double> x = {-1.7e308, 1.7e308};
  const std::vector<double> got = quantiles_of(view(x), {0, 0.25, 0.5, 1});
  EXPECT_EQ(got[0], -1.7e308);
  EXPECT_DOUBLE_EQ(got[1], -0.85e308);
  EXPECT_EQ(got[2], 0);
  EXPECT_EQ(got[3], 1.7e308);
}

TEST(Quantile, SelectsFromManyValuesOfOneDigit) {
  std::vector<double> x(100'000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 1.0 + static_cast<double>(i * 7919 % x.size()) * 0x1p-40;
  }
  const std::vector<double> got = quantiles_of(view(x), {0, 0.5, 1}, Interpolation::kLower);
  EXPECT_EQ(got[0], 1.0);
  EXPECT_EQ(got[1], 1.0 + 49'999 * 0x1p-40);
  EXPECT_EQ(got[2], 1.0 + 99'999 * 0x1p-40);
}

TEST(Quantile, OrdersInfinitiesAndZeros) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> x = {0.0, -inf, -0.0, inf, -5, 5e-324};
  const std::vector<double> got = quantiles_of(view(x), {0, 0.2, 0.4, 0.6, 0.8, 1});
  EXPECT_EQ(got, (std::vector<double>{-inf, -5, 0, 0, 5e-324, inf}));
}

TEST(Quantile, SkipsNullsAndTreatsNanAsAsked) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> x = {4, nan, 2, 100, 3};
  const std::uint64_t validity = 0b10111;
  const Values values = view(x).with_validity(&validity);
  EXPECT_EQ(quantiles_of(values, {0.5}, Interpolation::kLinear, NanPolicy::kOmit)[0], 3);
  const double propagated = quantiles_of(values, {0.5})[0];
  EXPECT_TRUE(propagated != propagated);
  const double none = quantiles_of({}, {0.5})[0];
  EXPECT_TRUE(none != none);
}

TEST(Quantile, RefusesFractionsBeyondOneAndTooLittleRoom) {
  const double q[] = {0.5, 1.25};
  const Status status = Quantile::check({.x = {}, .q = q});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("fraction 1 is 1.25"), std::string::npos);
  double room[1];
  EXPECT_EQ(Quantile::check_output({.x = {}, .q = q}, {room}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
