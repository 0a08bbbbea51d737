// cuda::Launcher: runs a block functor on a GPU. Compiled by nvcc only.
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "base/check.hpp"
#include "device/cuda/block.cuh"
#include "device/cuda/error.hpp"
#include "device/device.hpp"

namespace weir::device::cuda {

template <class Kernel>
constexpr int threads_max() {
  if constexpr (requires { Kernel::kThreadsMax; }) {
    return Kernel::kThreadsMax;
  } else {
    return 1024;
  }
}

template <class Kernel, class... Args>
__global__ void __launch_bounds__(threads_max<Kernel>())
    run_kernel(const Kernel kernel, std::size_t shared_bytes, Args... args) {
  extern __shared__ __align__(16) unsigned char weir_shared[];
  CudaBlock block(weir_shared, shared_bytes);
  kernel(block, args...);
}

struct Launcher {
  static constexpr Kind kKind = Kind::kCuda;
  // What a block gets without asking for more.
  static constexpr std::size_t kSharedBytesUsual = 48 << 10;

  // Enqueues kernel(block, args...) for every block of the grid. Arguments are taken by value.
  template <class Kernel, class... Args>
  static Status launch(Stream& stream, const Grid& grid, const Kernel& kernel, Args... args) {
    CHECK(stream.device().kind() == Kind::kCuda);
    CHECK(grid.threads >= 1 && grid.threads <= 1024);
    const std::size_t shared =
        (grid.shared_bytes + kSharedAlignment - 1) / kSharedAlignment * kSharedAlignment;
    const std::size_t total = shared + collective_bytes<Kernel>() * grid.threads;
    auto* function = &run_kernel<Kernel, Args...>;
    if (total > kSharedBytesUsual) {
      WEIR_TRY(to_status(cudaFuncSetAttribute(reinterpret_cast<const void*>(function),
                                              cudaFuncAttributeMaxDynamicSharedMemorySize,
                                              static_cast<int>(total)),
                         "shared memory of a kernel"));
    }
    auto native =
        static_cast<cudaStream_t>(stream.device().driver().native_stream(stream.id()));
    function<<<grid.blocks, grid.threads, total, native>>>(kernel, shared, args...);
    return to_status(cudaGetLastError(), "launch of a kernel");
  }
};

}  // namespace weir::device::cuda
