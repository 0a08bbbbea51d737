#include "base/numeric/trigonometry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/rng.hpp"

namespace weir::numeric {
namespace {

// The distance from the true value in units of the last place of the result.
double ulps(double got, long double want) {
  int exponent = 0;
  std::frexp(static_cast<double>(want), &exponent);
  const long double unit = std::ldexp(1.0L, std::max(exponent, -1021) - 53);
  return static_cast<double>(std::fabs((static_cast<long double>(got) - want) / unit));
}

double worst_of(std::uint64_t seed, int exponent_min, int exponent_max) {
  Philox rng(seed, 0);
  double worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto span = static_cast<std::uint32_t>(exponent_max - exponent_min);
    double x =
        std::ldexp(1.0 + rng.next_unit(), exponent_min + static_cast<int>(rng.next_below(span)));
    if (i % 2 != 0) x = -x;
    worst = std::max(worst, ulps(sin(x), std::sin(static_cast<long double>(x))));
    worst = std::max(worst, ulps(cos(x), std::cos(static_cast<long double>(x))));
  }
  return worst;
}

TEST(Trigonometry, StaysWithinAnUlpOfLongDoubleForSmallArguments) {
  EXPECT_LE(worst_of(21, -40, 1), 0.8) << "seed 21";
}

TEST(Trigonometry, StaysWithinAnUlpOfLongDoubleForMediumArguments) {
  EXPECT_LE(worst_of(22, 0, 19), 0.8) << "seed 22";
}

TEST(Trigonometry, StaysWithinAnUlpOfLongDoubleForLargeArguments) {
  EXPECT_LE(worst_of(23, 19, 62), 0.8) << "seed 23";
}

// True values from a computation with 3,000 bits.
TEST(Trigonometry, ReducesTheHardestArguments) {
  EXPECT_EQ(sin(0x1.6ac5b262ca1ffp+849), 1.0);
  EXPECT_EQ(cos(0x1.6ac5b262ca1ffp+849), -0x1.14ae72e6ba22fp-61);
  EXPECT_EQ(sin(1e22), -0x1.b453ab76bf397p-1);
  EXPECT_EQ(cos(1e300), -0x1.2699022adc4c1p-1);
  EXPECT_EQ(sin(0x1.fffffffffffffp+1023), 0x1.452fc98b34e97p-8);
  EXPECT_EQ(cos(0x1.fffffffffffffp+1023), -0x1.fffe62ecfab75p-1);
  EXPECT_EQ(sin(0x1.921fb54442d18p+1), 0x1.1a62633145c07p-53);
  EXPECT_EQ(cos(0x1.921fb54442d18p+0), 0x1.1a62633145c07p-54);
}

TEST(Trigonometry, ExactPointsAreExact) {
  for (int i = -8; i <= 8; ++i) {
    const double x = 0.5 * i;
    const int quarter = ((i % 4) + 4) % 4;
    const double sines[] = {0, 1, 0, -1};
    EXPECT_EQ(sin_pi(x), sines[quarter]) << x;
    EXPECT_EQ(cos_pi(x), sines[(quarter + 1) % 4]) << x;
  }
  for (const std::uint64_t n : {4ULL, 12ULL, 1000ULL, 1ULL << 40}) {
    EXPECT_EQ(turn(0, n).cos, 1.0);
    EXPECT_EQ(turn(0, n).sin, 0.0);
    EXPECT_EQ(turn(n / 4, n).cos, 0.0);
    EXPECT_EQ(turn(n / 4, n).sin, 1.0);
    EXPECT_EQ(turn(n / 2, n).cos, -1.0);
    EXPECT_EQ(turn(3 * (n / 4), n).sin, -1.0);
    EXPECT_EQ(turn(n, n).cos, 1.0);
  }
  EXPECT_EQ(turn(1, 8).sin, turn(1, 8).cos);
}

// sin and cos of `rest` half turns and `quarters` quarter turns.
void expect(SinCos got, long double rest, std::int64_t quarters, double& worst) {
  const long double angle = rest * std::numbers::pi_v<long double>;
  long double want[] = {std::sin(angle), std::cos(angle)};
  for (std::int64_t q = 0; q < (quarters & 3); ++q) {
    std::swap(want[0], want[1]);
    want[1] = -want[1];
  }
  worst = std::max(worst, ulps(got.sin, want[0]));
  worst = std::max(worst, ulps(got.cos, want[1]));
}

TEST(Trigonometry, MultiplesOfPiStayWithinAnUlpOfLongDouble) {
  Philox rng(24, 0);
  double worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double x = (rng.next_unit() - 0.5) * (i % 2 == 0 ? 2 : 4096);
    const double quarters = std::round(2 * x);
    const long double rest = x - quarters / 2;
    expect({sin_pi(x), cos_pi(x)}, rest, static_cast<std::int64_t>(quarters), worst);
  }
  EXPECT_LE(worst, 0.8) << "seed 24";
}

TEST(Trigonometry, TurnsStayWithinAnUlpOfLongDouble) {
  Philox rng(25, 0);
  double worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t n = 1 + rng.next_below(i % 2 == 0 ? 100 : 1U << 30);
    const std::uint64_t k = rng.next_u64() % n;
    const std::uint64_t quarters = (4 * k + n / 2) / n;
    const auto beyond = static_cast<std::int64_t>(4 * k - quarters * n);  // quarter turns / n
    const long double rest = static_cast<long double>(beyond) / static_cast<long double>(n) / 2;
    expect(turn(k, n), rest, static_cast<std::int64_t>(quarters), worst);
  }
  EXPECT_LE(worst, 0.8) << "seed 25";
}

TEST(Trigonometry, EdgesFollowTheStandard) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(std::isnan(sin(kInf)));
  EXPECT_TRUE(std::isnan(cos(-kInf)));
  EXPECT_TRUE(std::isnan(sin(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_TRUE(std::isnan(cos_pi(kInf)));
  EXPECT_TRUE(std::signbit(sin(-0.0)));
  EXPECT_TRUE(std::signbit(sin_pi(-0.0)));
  EXPECT_EQ(sin(5e-324), 5e-324);
  EXPECT_EQ(cos(5e-324), 1.0);
  EXPECT_EQ(cos_pi(0x1p53), 1.0);
  EXPECT_EQ(cos_pi(0x1p53 - 1), -1.0);
}

}  // namespace
}  // namespace weir::numeric
