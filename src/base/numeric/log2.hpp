// log2f: the base-2 logarithm of the verdict path. Built from +, - and * alone, in one fixed order,
// so that every machine, compiler and vector width gives the same bits; libm does not.
//
//   float bits = numeric::log2f(1.0F + amount);
//   numeric::log2f_array(values.data(), values.size());   // in place, on the widest unit allowed
//
// Error: <= 1e-7 absolute where |result| < 1 (and <= 3e-7 relative near 0), <= 1e-7 relative
// elsewhere. Exact at powers of two. Never NaN or infinite: the argument is clamped to [2^-126,
// FLT_MAX] first, so that 0, negative numbers, denormals and NaN give -126 and infinity gives 128.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace weir::numeric {

namespace log2_internal {

inline constexpr float kMin = 0x1p-126F;
inline constexpr float kMax = 0x1.fffffep127F;
// Bits of sqrt(1/2): mantissas are brought into [sqrt(1/2), sqrt(2)).
inline constexpr std::int32_t kSplit = 0x3F3504F3;
// log2(1 + t) / t on [sqrt(1/2) - 1, sqrt(2) - 1], highest power first: Chebyshev fit of degree 8.
inline constexpr float kPoly[] = {0x1.f841dcp-4F,  -0x1.a59aeap-3F, 0x1.ba8738p-3F,
                                  -0x1.e9d1e6p-3F, 0x1.26d01cp-2F,  -0x1.715994p-2F,
                                  0x1.ec73dep-2F,  -0x1.715474p-1F, 0x1.715476p+0F};

}  // namespace log2_internal

inline float log2f(float x) {
  x = x >= log2_internal::kMin ? x : log2_internal::kMin;
  x = x <= log2_internal::kMax ? x : log2_internal::kMax;
  const auto bits = std::bit_cast<std::int32_t>(x);
  const std::int32_t exponent = (bits - log2_internal::kSplit) >> 23;
  const float t = std::bit_cast<float>(bits - (exponent << 23)) - 1.0F;
  float p = log2_internal::kPoly[0];
  for (unsigned i = 1; i < std::size(log2_internal::kPoly); ++i)
    p = p * t + log2_internal::kPoly[i];
  return static_cast<float>(exponent) + p * t;
}

// Replaces each value by its log2f. Runs on the widest vector unit allowed, with log2f's bits.
void log2f_array(float* values, std::size_t count);

}  // namespace weir::numeric
