#include "profile/decay.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "base/hash.hpp"
#include "base/rng.hpp"

namespace weir::profile {
namespace {

std::uint32_t bits(float value) {
  return std::bit_cast<std::uint32_t>(value);
}

TEST(Decay, TablesHaveTheirGoldenBits) {
  EXPECT_EQ(bits(kDecayLow[1]), 0x3F7F0080U);
  EXPECT_EQ(bits(kDecayLow[255]), 0x3EBD176BU);
  EXPECT_EQ(bits(kDecayHigh[1]), 0x3EBC5AB2U);
  EXPECT_EQ(bits(kDecayHigh[86]), 0x01739362U);
  EXPECT_EQ(bits(decay_factor(100)), 0x3F2D37E0U);
  EXPECT_EQ(bits(decay_factor(1000)), 0x3CA4C9E0U);
  Sha256 sha;
  sha.update({reinterpret_cast<const std::uint8_t*>(kDecayLow.data()), sizeof(kDecayLow)});
  sha.update({reinterpret_cast<const std::uint8_t*>(kDecayHigh.data()), sizeof(kDecayHigh)});
  const Digest digest = sha.finish();
  EXPECT_EQ(to_hex(digest), "a9e0f6263f4a0d6ed096281ce8488e65a13fac1989a6a1f1d23aecaf5b8583e9");
}

TEST(Decay, FactorFallsFromOneToZero) {
  EXPECT_EQ(decay_factor(0), 1.0F);
  EXPECT_GT(decay_factor(kTicksMax - 1), 0.0F);
  EXPECT_EQ(decay_factor(kTicksMax), 0.0F);
  EXPECT_EQ(decay_factor(UINT64_MAX), 0.0F);
  for (std::uint64_t d = 1; d <= kTicksMax; ++d) ASSERT_LE(decay_factor(d), decay_factor(d - 1));
}

TEST(Decay, IsWithinFourPerMilleOfTheContinuousForm) {
  Philox rng(3, 1);
  for (int i = 0; i < 200'000; ++i) {
    const auto window = static_cast<Window>(rng.next_below(kWindows));
    const double grain = static_cast<double>(kGrainUs[window]);
    const std::uint64_t from = 1'700'000'000'000'000 + rng.next_u64() % 1'000'000'000'000;
    const std::uint64_t gap = rng.next_u64() % (kGrainUs[window] * 256 * 5);
    const double factor = decay_factor(tick(window, from + gap) - tick(window, from));
    const double exact = std::exp(-static_cast<double>(gap) / (grain * 256));
    ASSERT_LE(std::fabs(factor - exact), 0.004 * exact);
  }
}

// Decay by the gap between events, cut to whole ticks, would never age an account that is touched
// often.
TEST(Decay, LosesNothingOverAMillionSmallSteps) {
  const std::uint64_t start = 1'767'607'200'000'000;
  for (const Window window : {kOneMinute, kOneHour, kOneDay}) {
    float value = 1000.0F;
    std::uint64_t last = start;
    for (int i = 0; i < 1'000'000; ++i) {
      const std::uint64_t now = last + 1000;
      value = decayed(value, decay_factor(tick(window, now) - tick(window, last)));
      last = now;
    }
    const double age = static_cast<double>(last - start) / static_cast<double>(kGrainUs[window]);
    EXPECT_NEAR(value, 1000.0 * std::exp(-age / 256), 0.0045 * 1000.0 * std::exp(-age / 256));
  }
}

TEST(Decay, GivesARateTimesItsWindow) {
  const std::uint64_t start = 1'767'607'200'000'000;
  const std::uint64_t step = 360'000'000;  // ten an hour
  float value = 0;
  std::uint64_t last = start;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t now = last + step;
    value = decayed(value, decay_factor(tick(kOneDay, now) - tick(kOneDay, last))) + 1.0F;
    last = now;
  }
  EXPECT_NEAR(value, 240.5, 2.0);
}

TEST(Decay, DropsWhatIsBelowTheVanishingPoint) {
  EXPECT_EQ(decayed(0x1p-20F, 1.0F), 0x1p-20F);
  EXPECT_EQ(decayed(0x1p-20F, 0.999F), 0.0F);
}

TEST(DistinctEstimate, FollowsLinearCounting) {
  EXPECT_EQ(distinct_estimate(32), 0.0F);
  for (unsigned zero = 0; zero < 32; ++zero) {
    const double z = zero == 0 ? 0.5 : zero;
    EXPECT_NEAR(distinct_estimate(zero), -32.0 * std::log(z / 32.0), 1e-5);
  }
}

}  // namespace
}  // namespace weir::profile
