// BFloat16 and Float16: 16-bit floating point as it lies in memory, with its conversions.
//
//   const BFloat16 weight = to_bfloat16(0.1f);     // nearest, ties to even
//   const float back = to_float(weight);           // exact
//
// BFloat16 is the upper half of an IEEE binary32 (8 bits of significand), Float16 is IEEE binary16
// (11 bits, up to 65,504, denormals kept). To float is exact; from float rounds to nearest even,
// overflows to infinity and keeps NaN (as a quiet one, with its sign). The same code runs in
// kernels.
#pragma once

#include <cstdint>

#include "device/block.hpp"

namespace weir::ops {

struct BFloat16 {
  std::uint16_t bits = 0;
  friend bool operator==(BFloat16, BFloat16) = default;  // of the bits
};

struct Float16 {
  std::uint16_t bits = 0;
  friend bool operator==(Float16, Float16) = default;  // of the bits
};

WEIR_HD constexpr float to_float(BFloat16 value) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(value.bits) << 16);
}

WEIR_HD constexpr BFloat16 to_bfloat16(float value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return {static_cast<std::uint16_t>((bits >> 16) | 0x40u)};
  }
  return {static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

WEIR_HD constexpr float to_float(Float16 value) {
  const std::uint32_t sign = static_cast<std::uint32_t>(value.bits & 0x8000u) << 16;
  const std::uint32_t magnitude = value.bits & 0x7fffu;
  if (magnitude >= 0x7c00u) {  // infinity and NaN
    return __builtin_bit_cast(float, sign | 0x7f800000u | ((magnitude & 0x3ffu) << 13));
  }
  if (magnitude >= 0x400u) {  // rebias the exponent from 15 to 127
    return __builtin_bit_cast(float, sign | ((magnitude << 13) + 0x38000000u));
  }
  const float denormal = static_cast<float>(magnitude) * 0x1p-24f;
  return sign != 0 ? -denormal : denormal;
}

WEIR_HD constexpr Float16 to_float16(float value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return {static_cast<std::uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu))};
  }
  if (magnitude >= 0x477ff000u) return {static_cast<std::uint16_t>(sign | 0x7c00u)};  // 65,520
  if (magnitude < 0x38800000u) {  // below 2^-14: adding 1/2 rounds at bit 2^-24, to even
    const float rounded = __builtin_bit_cast(float, magnitude) + 0.5f;
    const std::uint32_t steps = __builtin_bit_cast(std::uint32_t, rounded) - 0x3f000000u;
    return {static_cast<std::uint16_t>(sign | steps)};
  }
  const std::uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u;
  return {static_cast<std::uint16_t>(sign | (rounded >> 13))};
}

}  // namespace weir::ops
