// Block functors: how kernels are written. One body serves the GPU and the simulator.
//
//   struct ScaleKernel {
//     static constexpr unsigned kThreadsMax = 256;   // of a block
//     template <class Block>
//     WEIR_HD void operator()(Block& block, const double* in, std::size_t n, double f,
//                             double* out) const {
//       block.each_thread([&](unsigned t) {
//         const std::size_t i = std::size_t{block.index()} * block.threads() + t;
//         if (i < n) out[i] = in[i] * f;
//       });
//     }
//   };
//   lane.launch(device::Grid::over(n, 256), ScaleKernel{}, in, n, f, out);
//
// A body is a row of phases. `each_thread(f)` calls f(t) once for every thread t of the block, in
// no promised order; its end is a barrier. What one phase hands to the next goes through
//   shared<T>(n)      T* of n elements that the block shares; the same calls in every thread,
//                     their bytes (each rounded up to 16) are Grid::shared_bytes
//   per_thread<T>()   a T of its own for each thread: `auto sum = block.per_thread<double>();` and
//                     sum[t] inside a phase
// and through the collectives, which every thread of the block takes part in:
//   reduce(v, f)          for h = threads/2 ... 1: v[t] = f(v[t], v[t + h]); returns v[0] to all.
//                         threads must be a power of two; v keeps its values
//   scan(v, f, identity)  exclusive, in thread order; v becomes the prefix; returns the total;
//                         f must be associative to the last bit: integers
//   broadcast(v, t)       v of thread t, to all
//   any(v)                whether v is true in some thread
// Every kernel states `static constexpr unsigned kThreadsMax`, the most threads it is launched with
// (at most 1,024): the fewer, the more registers a thread can have.
// A kernel that uses a collective states `static constexpr std::size_t kCollectiveBytes`, the size
// of the largest value it gives them. Between phases a body holds only values that are equal in all
// threads. No threadIdx, no shuffles, no __syncthreads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/host_device.hpp"

namespace weir::device {

// How many blocks of how many threads run, and the bytes that a block's shared<T>() calls add up
// to.
struct Grid {
  std::uint32_t blocks = 1;
  std::uint32_t threads = 256;  // at most the kernel's kThreadsMax
  std::size_t shared_bytes = 0;

  // Enough blocks of `threads` for one thread an item; one block if there are none.
  static constexpr Grid over(std::size_t items, std::uint32_t threads,
                             std::size_t shared_bytes = 0) {
    const std::size_t blocks = (items + threads - 1) / threads;
    return {static_cast<std::uint32_t>(blocks == 0 ? 1 : blocks), threads, shared_bytes};
  }
};

inline constexpr std::size_t kSharedAlignment = 16;
// Returns what shared<T>(n) takes of Grid::shared_bytes.
template <class T>
WEIR_HD constexpr std::size_t shared_size(std::size_t n) {
  return (n * sizeof(T) + kSharedAlignment - 1) / kSharedAlignment * kSharedAlignment;
}

template <class Kernel>
constexpr std::size_t collective_bytes() {
  if constexpr (requires { Kernel::kCollectiveBytes; }) {
    return Kernel::kCollectiveBytes;
  } else {
    return 0;
  }
}

}  // namespace weir::device
