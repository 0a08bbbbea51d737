#include "ops/stats/moments/moments.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.hpp"

namespace weir::ops {
namespace {

MomentsOf::Output moments_of(const MomentsOf::Args& args) {
  Workers workers(2);
  CpuRun run{workers};
  MomentsOf::Output out;
  EXPECT_TRUE(MomentsOf::check(args).is_ok());
  const Status status = MomentsOf::cpu(run, args, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return out;
}

Values view(const std::vector<double>& x) {
  return Values::of(std::span<const double>(x));
}

TEST(Moments, GivesTheGoldenBits) {
  std::vector<double> x(5000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 1000.0 + static_cast<double>(static_cast<std::uint32_t>(i * 2654435761U)) * 0x1p-20;
  }
  const MomentsOf::Output out = moments_of({.x = view(x)});
  EXPECT_EQ(*out.mean, 0x1.7cf9701b9ba5ep+11);
  EXPECT_EQ(*out.variance, 0x1.5561b0658af01p+20);
  EXPECT_EQ(*out.skewness, -0x1.d279eb024e840p-13);
  EXPECT_EQ(*out.kurtosis, -0x1.33276a6949c9ep+0);
}

TEST(Moments, CountAPieceForEachBlockBegun) {
  const std::vector<double> x(1025);
  EXPECT_EQ(MomentsOf::footprint({.x = view(x)}).bytes_scratch, 2 * sizeof(Piece<MomentsPartial>));
}

TEST(Moments, OfOneTwoThreeTen) {
  const std::vector<double> x = {1, 2, 3, 10};
  const MomentsOf::Output out = moments_of({.x = view(x)});
  EXPECT_EQ(out.count, 4U);
  EXPECT_EQ(*out.mean, 4);
  EXPECT_EQ(*out.variance, 12.5);
  EXPECT_NEAR(*out.skewness, 1.0182337649086284, 1e-15);
  EXPECT_NEAR(*out.kurtosis, -0.7696, 1e-14);
  EXPECT_EQ(*out.min, 1);
  EXPECT_EQ(*out.max, 10);
  const MomentsOf::Output sample = moments_of({.x = view(x), .ddof = 1, .bias = false});
  EXPECT_NEAR(*sample.variance, 50.0 / 3, 1e-13);
  EXPECT_NEAR(*sample.skewness, 1.7636326148038886, 1e-14);
  EXPECT_NEAR(*sample.kurtosis, 3.228, 1e-13);
}

// The powers of what is very small or very large vanish or overflow: no answer is better than NaN
// or one of few digits.
TEST(Moments, OfPowersThatLeaveTheRangeAreNull) {
  for (const double scale : {1e-160, 1e-110, 1e-100, 1e-80, 1e-70, 1e70, 1e80, 1e100, 1e110}) {
    const std::vector<double> x = {1 * scale, 2 * scale, 3 * scale, 10 * scale};
    for (const bool bias : {true, false}) {
      const MomentsOf::Output out = moments_of({.x = view(x), .bias = bias});
      const bool cubes = scale > 1e-105 && scale < 1e105;
      const bool fourths = scale > 1e-75 && scale < 1e75;
      EXPECT_EQ(out.skewness.has_value(), cubes) << scale;
      EXPECT_EQ(out.kurtosis.has_value(), fourths) << scale;
      if (!bias) continue;
      if (cubes) {
        EXPECT_NEAR(*out.skewness, 1.0182337649086284, 1e-12) << scale;
      }
      if (fourths) {
        EXPECT_NEAR(*out.kurtosis, -0.7696, 1e-12) << scale;
      }
    }
  }
}

TEST(Moments, AreExactFarFromZero) {
  std::vector<double> x(4096);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 2 == 0 ? 1e8 + 1 : 1e8 - 1;
  EXPECT_EQ(*moments_of({.x = view(x)}).variance, 1.0);
}

TEST(Moments, AreNullWhereThereIsNothingToSay) {
  const MomentsOf::Output none = moments_of({});
  EXPECT_EQ(none.count, 0U);
  EXPECT_FALSE(none.mean || none.variance || none.skewness || none.min);
  const std::vector<double> constant(1000, 0.1);
  const MomentsOf::Output flat = moments_of({.x = view(constant)});
  EXPECT_NEAR(*flat.mean, 0.1, 1e-16);
  EXPECT_FALSE(flat.skewness || flat.kurtosis);
  const std::vector<double> one = {7};
  EXPECT_EQ(*moments_of({.x = view(one)}).variance, 0);
  EXPECT_FALSE(moments_of({.x = view(one), .ddof = 1}).variance);
  const std::vector<double> three = {7, 8, 11};
  const MomentsOf::Output corrected = moments_of({.x = view(three), .bias = false});
  EXPECT_TRUE(corrected.skewness);
  EXPECT_FALSE(corrected.kurtosis);
}

TEST(Moments, TreatNanAsAsked) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> x(3000, 2.0);
  x[5] = -1;
  x[2500] = nan;
  const MomentsOf::Output propagated = moments_of({.x = view(x)});
  EXPECT_EQ(propagated.nans, 1U);
  for (const auto& value : {propagated.mean, propagated.variance, propagated.min}) {
    EXPECT_TRUE(std::isnan(*value));
  }
  const MomentsOf::Output omitted = moments_of({.x = view(x), .nan = NanPolicy::kOmit});
  EXPECT_EQ(omitted.count, 2999U);
  EXPECT_EQ(*omitted.min, -1);
  Workers workers(1);
  CpuRun run{workers};
  MomentsOf::Output out;
  const Status raised = MomentsOf::cpu(run, {.x = view(x), .nan = NanPolicy::kRaise}, out);
  EXPECT_NE(raised.message().find("row 2500"), std::string::npos) << raised.to_string();
}

TEST(Moments, AgreeWithLongDouble) {
  Philox rng(3, 0);
  std::vector<double> x(100'000);
  for (double& value : x) value = 50 + rng.next_unit() * rng.next_unit();
  long double mean = 0;
  for (const double value : x) mean += value;
  mean /= static_cast<long double>(x.size());
  long double m[5] = {};
  for (const double value : x) {
    long double power = 1;
    for (int k = 1; k <= 4; ++k) m[k] += power *= value - mean;
  }
  for (long double& each : m) each /= static_cast<long double>(x.size());
  const MomentsOf::Output out = moments_of({.x = view(x)});
  EXPECT_NEAR(*out.mean, static_cast<double>(mean), 1e-13);
  EXPECT_NEAR(*out.variance, static_cast<double>(m[2]), 1e-15);
  EXPECT_NEAR(*out.skewness, static_cast<double>(m[3] / std::pow(m[2], 1.5L)), 1e-11);
  EXPECT_NEAR(*out.kurtosis, static_cast<double>(m[4] / (m[2] * m[2]) - 3), 1e-11);
}

TEST(Moments, RefuseOtherDegreesOfFreedom) {
  const Status status = MomentsOf::check({.x = {}, .ddof = 2});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("ddof is 2"), std::string::npos);
}

}  // namespace
}  // namespace weir::ops
