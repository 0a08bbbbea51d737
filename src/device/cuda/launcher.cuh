// cuda::Launcher: runs a block functor on a GPU. Compiled by nvcc only.
#pragma once

#include <cuda_runtime.h>

#include "base/check.hpp"
#include "device/cuda/block.cuh"
#include "device/cuda/error.hpp"
#include "device/device.hpp"

namespace weir::device::cuda {

// Each kernel says how many threads its blocks have at most: with 1,024 a thread would get no more
// than 64 registers, and what does not fit into those goes through memory.
template <class Kernel, class... Args>
__global__ void __launch_bounds__(static_cast<unsigned>(Kernel::kThreadsMax))
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
    CHECK(grid.threads >= 1 && grid.threads <= static_cast<unsigned>(Kernel::kThreadsMax));
    WEIR_TRY(stream.settle());
    Driver& driver = stream.device().driver();
    WEIR_ASSIGN(void* const native, driver.native_stream(stream.id()));
    const std::size_t shared =
        (grid.shared_bytes + kSharedAlignment - 1) / kSharedAlignment * kSharedAlignment;
    const std::size_t total = shared + collective_bytes<Kernel>() * grid.threads;
    auto* function = &run_kernel<Kernel, Args...>;
    if (total > kSharedBytesUsual) {
      WEIR_TRY(
          driver.note(to_status(cudaFuncSetAttribute(reinterpret_cast<const void*>(function),
                                                     cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                     static_cast<int>(total)),
                                "shared memory of a kernel")));
    }
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(grid.blocks);
    config.blockDim = dim3(grid.threads);
    config.dynamicSmemBytes = total;
    config.stream = static_cast<cudaStream_t>(native);
    // Its own result: the thread's last error may be that of somebody else's call.
    return driver.note(to_status(cudaLaunchKernelEx(&config, function, kernel, shared, args...),
                                 "launch of a kernel"));
  }
};

}  // namespace weir::device::cuda
