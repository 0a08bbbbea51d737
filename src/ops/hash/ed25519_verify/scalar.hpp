// Numbers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of Ed25519's base
// point, and their signed digits.
//
//   if (!below_order(signature.data() + 32)) refuse();
//   const Scalar k = reduce(digest);          // 512 bits modulo L
//   signed_digits<4>(k, digits);              // 64 digits of [-8, 8)
//
// Pure functions, not in constant time: what is verified is public.
#pragma once

#include <array>
#include <cstdint>

#include "ops/hash/sha512.hpp"

namespace weir::ops::ed25519 {

using Scalar = std::array<std::uint8_t, 32>;  // little-endian

// Returns whether the number of 32 bytes is below L.
bool below_order(const std::uint8_t* number);

// Returns a number of 64 bytes modulo L (Barrett's reduction, CRYPTO 1986).
Scalar reduce(const Digest512& number);

// Writes digit i of a number below 2^253 in base 2^kBits, as a number of [-2^(kBits-1),
// 2^(kBits-1)), to digits[i * stride].
template <unsigned kBits>
void signed_digits(const std::uint8_t* number, std::int8_t* digits, std::size_t stride) {
  static_assert(kBits == 4 || kBits == 8);
  int carry = 0;
  for (std::size_t i = 0; i < 256 / kBits; ++i) {
    const int byte = number[i * kBits / 8];
    int digit = carry + (kBits == 8 ? byte : i % 2 == 0 ? byte & 15 : byte >> 4);
    carry = digit >= 1 << (kBits - 1) ? 1 : 0;
    digit -= carry << kBits;
    digits[i * stride] = static_cast<std::int8_t>(digit);
  }
}

}  // namespace weir::ops::ed25519
