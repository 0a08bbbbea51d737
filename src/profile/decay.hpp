// Decay by absolute ticks: how counts and sums forget, the same on every machine.
//
// A window W has the grain g = W / 256. A value moves from time a to time b by
//   v *= decay_factor(tick(b) - tick(a)),   tick(t) = floor(t / g),   factor(d) = e^(-d / 256).
// Ticks are counted from 1970, not from the last event, so the steps of a busy account telescope: a
// million touches one millisecond apart decay as much as one touch after 1,000 s. A steady rate r
// settles at r * W.
//
//   v = decayed(v, decay_factor(tick(kOneHour, now_us) - tick(kOneHour, last_us)));
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace weir::profile {

enum Window : unsigned { kOneMinute, kOneHour, kOneDay, kSevenDays, kThirtyDays };
inline constexpr unsigned kWindows = 5;
inline constexpr std::array<std::uint64_t, kWindows> kGrainUs = {234'375, 14'062'500, 337'500'000,
                                                                 2'362'500'000, 10'125'000'000};
inline constexpr std::uint64_t kEdgeGrainS = 10'125;  // thirty days / 256, in seconds

// Values below vanish, so that nothing lingers as a denormal.
inline constexpr float kVanish = 0x1p-20F;
// From here on the factor is 0.
inline constexpr std::uint64_t kTicksMax = 87 * 256;

// e^(-j/256) for j in 0..255, then e^-k for k in 0..86, each the nearest f32.
extern const std::array<float, 256> kDecayLow;
extern const std::array<float, 87> kDecayHigh;

// Returns the tick of a time in microseconds since 1970 (>= 0).
constexpr std::uint64_t tick(Window window, std::uint64_t time_us) {
  return time_us / kGrainUs[window];
}

// Returns e^(-ticks/256) as the product of two table entries; 0 from kTicksMax on.
inline float decay_factor(std::uint64_t ticks) {
  if (ticks >= kTicksMax) return 0.0F;
  return kDecayHigh[ticks >> 8] * kDecayLow[ticks & 255];
}

inline float decayed(float value, float factor) {
  const float v = value * factor;
  return v < kVanish ? 0.0F : v;
}

// Returns the estimate of distinct items behind a 32-bit linear counter with `zero_bits` bits still
// clear: -32 ln(z / 32) with z = max(zero_bits, 1/2).
float distinct_estimate(unsigned zero_bits);

}  // namespace weir::profile
