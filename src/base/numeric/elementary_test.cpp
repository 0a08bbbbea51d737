#include "base/numeric/elementary.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/rng.hpp"

namespace weir::numeric {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The distance from the true value (x87 long double: 64 bits) in units of the last place of the
// result.
double ulps(double got, long double want) {
  int exponent = 0;
  std::frexp(static_cast<double>(want), &exponent);
  const long double unit = std::ldexp(1.0L, std::max(exponent, -1021) - 53);
  return static_cast<double>(std::fabs((static_cast<long double>(got) - want) / unit));
}

double spread(Philox& rng, int low_exponent, int high_exponent) {
  const auto span = static_cast<std::uint32_t>(high_exponent - low_exponent);
  return std::ldexp(1.0 + rng.next_unit(), low_exponent + static_cast<int>(rng.next_below(span)));
}

TEST(Elementary, ExpStaysWithinOneUlpOfLongDouble) {
  Philox rng(11, 0);
  double worst = 0;
  double worst2 = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double x = (rng.next_unit() - 0.5) * 1400;
    worst = std::max(worst, ulps(exp(x), std::exp(static_cast<long double>(x))));
    const double y = (rng.next_unit() - 0.5) * 2040;
    worst2 = std::max(worst2, ulps(exp2(y), std::exp2(static_cast<long double>(y))));
  }
  EXPECT_LE(worst, 0.7) << "seed 11";
  EXPECT_LE(worst2, 0.7) << "seed 11";
  RecordProperty("exp_ulp", std::to_string(worst));
  RecordProperty("exp2_ulp", std::to_string(worst2));
}

TEST(Elementary, LogarithmsStayWithinOneUlpOfLongDouble) {
  Philox rng(12, 0);
  double worst[3] = {};
  for (int i = 0; i < 200'000; ++i) {
    const double x = i % 2 == 0 ? spread(rng, -1074, 1023) : 1.0 + (rng.next_unit() - 0.5) * 0.5;
    const auto exact = static_cast<long double>(x);
    worst[0] = std::max(worst[0], ulps(ln(x), std::log(exact)));
    worst[1] = std::max(worst[1], ulps(log2(x), std::log2(exact)));
    worst[2] = std::max(worst[2], ulps(log10(x), std::log10(exact)));
  }
  for (const double each : worst) EXPECT_LE(each, 0.7) << "seed 12";
}

TEST(Elementary, TanhStaysWithinOneUlpOfLongDouble) {
  Philox rng(16, 0);
  double worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double x = i % 2 == 0 ? spread(rng, -40, 5) : (rng.next_unit() - 0.5) * 8;
    worst = std::max(worst, ulps(tanh(x), std::tanh(static_cast<long double>(x))));
    EXPECT_EQ(tanh(-x), -tanh(x));
  }
  EXPECT_LE(worst, 1.0) << "seed 16";
  RecordProperty("tanh_ulp", std::to_string(worst));
  EXPECT_EQ(tanh(kInf), 1.0);
  EXPECT_EQ(tanh(-kInf), -1.0);
  EXPECT_EQ(tanh(800.0), 1.0);
  EXPECT_TRUE(is_nan(tanh(kNan)));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(tanh(-0.0)), std::bit_cast<std::uint64_t>(-0.0));
  EXPECT_EQ(tanh(5e-324), 5e-324);
}

TEST(Elementary, PowStaysWithinOneUlpOfLongDouble) {
  Philox rng(13, 0);
  double worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double x = spread(rng, -20, 20);
    const double y = (rng.next_unit() - 0.5) * 60;
    const long double want = std::pow(static_cast<long double>(x), static_cast<long double>(y));
    if (want < 1e-300L || want > 1e300L) continue;
    worst = std::max(worst, ulps(pow(x, y), want));
  }
  EXPECT_LE(worst, 1.0) << "seed 13";
}

TEST(Elementary, IsExactWhereTheResultIsRepresentable) {
  for (int k = -1074; k <= 1023; ++k) EXPECT_EQ(log2(std::ldexp(1.0, k)), k);
  for (int k = -1022; k <= 1023; ++k) EXPECT_EQ(exp2(k), std::ldexp(1.0, k));
  double ten = 1;
  for (int k = 0; k <= 22; ++k, ten *= 10) {
    EXPECT_EQ(log10(ten), k);
    EXPECT_EQ(pow(10.0, k), ten);
  }
  EXPECT_EQ(pow(-3.0, 3.0), -27.0);
  EXPECT_EQ(exp(0.0), 1.0);
  EXPECT_EQ(ln(1.0), 0.0);
}

TEST(Elementary, EdgesAgreeWithTheStandard) {
  const double values[] = {0.0,  -0.0,  1.0,  -1.0,  2.0,    -2.0,   0.5,    -0.5,  3.0,   -3.0,
                           kInf, -kInf, kNan, 1e308, 5e-324, -1e308, 1e-308, 745.2, -746.0};
  const auto same = [](double a, double b) {
    return (std::isnan(a) && std::isnan(b)) ||
           (std::isfinite(a) ? std::fabs(a - b) <= std::fabs(b) * 1e-15 + 5e-324
                             : std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b));
  };
  for (const double x : values) {
    EXPECT_TRUE(same(exp(x), std::exp(x))) << x;
    EXPECT_TRUE(same(exp2(x), std::exp2(x))) << x;
    EXPECT_TRUE(same(ln(x), std::log(x))) << x;
    EXPECT_TRUE(same(log2(x), std::log2(x))) << x;
    EXPECT_TRUE(same(log10(x), std::log10(x))) << x;
    for (const double y : values) {
      const double got = pow(x, y);
      EXPECT_TRUE(same(got, std::pow(x, y))) << x << " ^ " << y << " = " << got;
      if (got == 0) {
        EXPECT_EQ(std::signbit(got), std::signbit(std::pow(x, y))) << x << " ^ " << y;
      }
    }
  }
}

TEST(Elementary, RoundingAgreesWithTheStandardForAnyBits) {
  Philox rng(14, 0);
  for (int i = 0; i < 200'000; ++i) {
    const double x =
        i % 2 == 0 ? std::bit_cast<double>(rng.next_u64()) : (rng.next_unit() - 0.5) * 64;
    if (std::isnan(x)) continue;
    const auto bits = [](double v) { return std::bit_cast<std::uint64_t>(v); };
    EXPECT_EQ(bits(trunc(x)), bits(std::trunc(x))) << x;
    EXPECT_EQ(bits(floor(x)), bits(std::floor(x))) << x;
    EXPECT_EQ(bits(ceil(x)), bits(std::ceil(x))) << x;
    EXPECT_EQ(bits(round(x)), bits(std::round(x))) << x;
  }
  EXPECT_EQ(round(0.49999999999999994), 0.0);
  EXPECT_EQ(round(-2.5), -3.0);
}

TEST(Elementary, RemainderByADenormalEnds) {
  EXPECT_EQ(remainder_trunc(1e300, 5e-324), 0.0);
  EXPECT_EQ(remainder_trunc(-0x1.8p-1000, 0x1.8p-1070), std::fmod(-0x1.8p-1000, 0x1.8p-1070));
  EXPECT_EQ(remainder_trunc(0x1.fp-1021, 0x1p-1074 * 3), std::fmod(0x1.fp-1021, 0x1p-1074 * 3));
}

TEST(Elementary, RemainderIsExactForAnyBits) {
  Philox rng(15, 0);
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::bit_cast<double>(rng.next_u64());
    const double y =
        i % 2 == 0 ? std::bit_cast<double>(rng.next_u64()) : x * (rng.next_unit() - 0.5);
    const double want = std::fmod(x, y);
    const double got = remainder_trunc(x, y);
    if (std::isnan(want)) {
      EXPECT_TRUE(std::isnan(got)) << x << " % " << y;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint64_t>(got), std::bit_cast<std::uint64_t>(want))
          << x << " % " << y;
    }
  }
}

}  // namespace
}  // namespace weir::numeric
