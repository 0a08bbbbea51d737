// Kernels that several of the table's ops share: prefix sums of counts, and bits counted alike
// everywhere.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/block.hpp"
#include "ops/device_run.hpp"

namespace weir::ops {

struct Plus {
  template <class T>
  WEIR_HD T operator()(const T& a, const T& b) const {
    return a + b;
  }
};

// Returns the number of bits set.
WEIR_HD inline std::uint32_t count_bits(std::uint64_t bits) {
  bits -= bits >> 1 & 0x5555555555555555U;
  bits = (bits & 0x3333333333333333U) + (bits >> 2 & 0x3333333333333333U);
  bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0FU;
  return static_cast<std::uint32_t>(bits * 0x0101010101010101U >> 56);
}

// Turns counts[0..n) into the sums of those before each; counts[n] becomes the total. One block.
struct ScanKernel {
  static constexpr unsigned kThreads = 1024;
  static constexpr unsigned kThreadsMax = kThreads;
  static constexpr std::size_t kCollectiveBytes = sizeof(std::uint32_t);

  template <class Block>
  WEIR_HD void operator()(Block& block, std::uint32_t* counts, std::size_t n) const {
    auto mine = block.template per_thread<std::uint32_t>();
    std::uint32_t before = 0;
    for (std::size_t from = 0; from < n; from += kThreads) {
      block.each_thread([&](unsigned t) { mine[t] = from + t < n ? counts[from + t] : 0; });
      const std::uint32_t total = block.scan(mine, Plus{}, std::uint32_t{0});
      block.each_thread([&](unsigned t) {
        if (from + t < n) counts[from + t] = before + mine[t];
      });
      before += total;
    }
    block.each_thread([&](unsigned t) {
      if (t == 0) counts[n] = before;
    });
  }
};

template <class Launcher>
Status scan_counts(Lane<Launcher>& lane, DeviceSpan<std::uint32_t> counts) {
  return lane.launch(device::Grid{.blocks = 1, .threads = ScanKernel::kThreads}, ScanKernel{},
                     counts.data, counts.size - 1);
}

}  // namespace weir::ops
