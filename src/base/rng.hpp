// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011). The n-th
// number of a stream is a function of (seed, stream, n), so work can be split over threads without
// changing a bit.
//
//   Philox rng(seed, tree);
//   std::uint32_t a = rng.next_u32();   double u = rng.next_unit();   // u in [0, 1)
#pragma once

#include <array>
#include <cstdint>

namespace weir {

// Returns block `counter` of the generator keyed by `key`.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

class Philox {
 public:
  Philox(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}
  std::uint32_t next_u32() {
    if (used_ == 4) refill();
    return block_[used_++];
  }
  std::uint64_t next_u64() {
    const std::uint64_t low = next_u32();
    return low | static_cast<std::uint64_t>(next_u32()) << 32;
  }
  // Returns a multiple of 2^-53 in [0, 1).
  double next_unit() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }
  // Returns an unbiased integer in [0, bound); bound > 0 (Lemire 2019).
  std::uint32_t next_below(std::uint32_t bound);
  // Moves to the start of block `index`; each block holds four 32-bit numbers.
  void seek(std::uint64_t index) {
    index_ = index;
    used_ = 4;
  }

 private:
  void refill();
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t index_ = 0;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
};

}  // namespace weir
