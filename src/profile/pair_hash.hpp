// XXH3-64 (Collet) of exactly eight bytes, inline: the hash of slot pairs and of counterparties.
// The general entry point costs a call and a branch on the length for each event.
//
//   std::uint64_t h = xxh3_word(std::uint64_t{low} | std::uint64_t{high} << 32);
#pragma once

#include <bit>
#include <cstdint>

namespace weir::profile {

inline std::uint64_t xxh3_word(std::uint64_t word) {
  constexpr std::uint64_t kFlip = 0xC73AB174C5ECD5A2ULL;  // of the default secret, bytes 8..23
  constexpr std::uint64_t kPrime = 0x9FB21C651E98DF25ULL;
  std::uint64_t h = std::rotl(word, 32) ^ kFlip;
  h ^= std::rotl(h, 49) ^ std::rotl(h, 24);
  h *= kPrime;
  h ^= (h >> 35) + 8;
  h *= kPrime;
  return h ^ (h >> 28);
}

// Returns the hash that places an unordered pair of slots.
inline std::uint64_t pair_hash(std::uint32_t a, std::uint32_t b) {
  const std::uint64_t low = a < b ? a : b;
  const std::uint64_t high = a < b ? b : a;
  return xxh3_word(low | high << 32);
}

}  // namespace weir::profile
