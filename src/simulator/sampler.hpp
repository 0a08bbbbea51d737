// Samplers of the simulator: normal, Poisson, and any discrete distribution by alias table. They
// use Philox and our own elementary functions only, so that a seed gives the same bytes on every
// platform.
//
//   Philox rng(seed, stream);
//   double amount = mean + deviation * standard_normal(rng);
//   AliasTable popularity = AliasTable::zipf(1'000'000, 1.0);
//   std::uint32_t account = popularity.pick(rng.next_u64());
#pragma once

#include <cstdint>
#include <span>

#include "base/aligned.hpp"
#include "base/prefetch.hpp"
#include "base/rng.hpp"

namespace weir::simulator {

// Purposes keep the random streams of one seed apart; a stream is (purpose, a, b).
constexpr std::uint64_t stream_of(std::uint8_t purpose, std::uint32_t a, std::uint32_t b = 0) {
  return std::uint64_t{purpose} << 56 | std::uint64_t{a & 0xFFFFFFU} << 32 | b;
}

// Draws from N(0, 1) by the polar method (Marsaglia and Bray 1964); takes a varying number of
// draws.
double standard_normal(Philox& rng);

// Draws from a Poisson distribution by inversion; one draw. `mean` in [0, 100].
class Poisson {
 public:
  explicit Poisson(double mean);
  unsigned draw(Philox& rng) const;

 private:
  double mean_;
  double none_;  // e^-mean
};

// Draws index i with probability weight[i] / sum in constant time (Walker 1977, tables after Vose
// 1991).
class AliasTable {
 public:
  // Builds from weights >= 0 with a positive sum; at most 2^31 of them. O(n).
  explicit AliasTable(std::span<const double> weights);
  // Ranks 0..n-1 with weight (rank + 1)^-theta; theta 0 is uniform.
  static AliasTable zipf(std::uint32_t n, double theta);

  // Maps 64 random bits to an index.
  std::uint32_t pick(std::uint64_t bits) const {
    const std::uint32_t slot = slot_of(bits);
    const Cell cell = cells_[slot];
    return static_cast<std::uint32_t>(bits) < cell.threshold ? slot : cell.alias;
  }
  void prefetch(std::uint64_t bits) const { ::weir::prefetch(&cells_[slot_of(bits)]); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(cells_.size()); }

 private:
  struct Cell {
    std::uint32_t threshold;
    std::uint32_t alias;
  };
  std::uint32_t slot_of(std::uint64_t bits) const {
    return static_cast<std::uint32_t>((bits >> 32) * cells_.size() >> 32);
  }
  AlignedBuffer<Cell> cells_;  // on huge pages when large: picks are random reads
};

// Mixes 64 bits into 64 bits (the finalizer of splitmix64): a stable hash for structure, not for
// draws.
constexpr std::uint64_t scrambled(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace weir::simulator
