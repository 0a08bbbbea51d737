// CUDA errors as statuses that the fallback ladder understands. For device/cuda and .cu files.
#pragma once

#include <cuda_runtime_api.h>

#include <string_view>

#include "base/status.hpp"

namespace weir::device::cuda {

// ok; out_of_memory; device_lost for errors after which the context is gone; else device_error.
Status to_status(cudaError_t error, std::string_view what);

}  // namespace weir::device::cuda
