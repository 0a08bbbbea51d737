// BlockBits: which values of a canonical block of 1,024 count.
//
//   BlockBits bits = valid_bits(x, from, n);      // from a multiple of 1,024
//   bits.count; bits.test(i);
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/numeric/canonical.hpp"
#include "ops/stats/values.hpp"

namespace weir::ops {

struct BlockBits {
  static constexpr std::size_t kWords = numeric::kCanonicalBlock / 64;
  std::uint64_t words[kWords] = {};
  unsigned count = 0;

  bool test(std::size_t i) const { return (words[i / 64] >> (i % 64) & 1) != 0; }
  void recount() {
    count = 0;
    for (const std::uint64_t word : words) count += static_cast<unsigned>(std::popcount(word));
  }
};

// Returns the bits of values [from, from + n), n <= 1,024; those behind are not set.
inline BlockBits valid_bits(const Values& x, std::size_t from, std::size_t n) {
  BlockBits bits;
  for (std::size_t w = 0; w * 64 < n; ++w) {
    const std::size_t left = n - w * 64;
    std::uint64_t word = ~std::uint64_t{0};
    if (x.validity != nullptr) {
      const std::size_t bit = x.first_bit + from + w * 64;
      const std::size_t shift = bit % 64;
      word = x.validity[bit / 64] >> shift;
      if (shift != 0 && shift + (left < 64 ? left : 64) > 64) {
        word |= x.validity[bit / 64 + 1] << (64 - shift);
      }
    }
    if (left < 64) word &= (std::uint64_t{1} << left) - 1;
    bits.words[w] = word;
  }
  bits.recount();
  return bits;
}

}  // namespace weir::ops
