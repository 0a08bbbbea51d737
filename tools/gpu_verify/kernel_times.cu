#include "tools/gpu_verify/kernel_times.hpp"

namespace weir::gpu_verify {

KernelTimes::~KernelTimes() {
  for (const Launch& launch : launches_) {
    static_cast<void>(cudaEventDestroy(static_cast<cudaEvent_t>(launch.begin)));
    static_cast<void>(cudaEventDestroy(static_cast<cudaEvent_t>(launch.end)));
  }
}

void KernelTimes::begin(void* stream) {
  if (used_ == launches_.size()) {
    cudaEvent_t from = nullptr;
    cudaEvent_t to = nullptr;
    if (cudaEventCreate(&from) != cudaSuccess || cudaEventCreate(&to) != cudaSuccess) return;
    launches_.push_back({from, to});
  }
  stream_ = stream;
  const auto from = static_cast<cudaEvent_t>(launches_[used_].begin);
  if (cudaEventRecord(from, static_cast<cudaStream_t>(stream)) != cudaSuccess) stream_ = nullptr;
}

void KernelTimes::end() {
  if (stream_ == nullptr) return;
  const auto to = static_cast<cudaEvent_t>(launches_[used_].end);
  if (cudaEventRecord(to, static_cast<cudaStream_t>(stream_)) == cudaSuccess) ++used_;
  stream_ = nullptr;
}

double KernelTimes::take_seconds() {
  double seconds = 0;
  for (std::size_t i = 0; i < used_; ++i) {
    const auto from = static_cast<cudaEvent_t>(launches_[i].begin);
    const auto to = static_cast<cudaEvent_t>(launches_[i].end);
    float milliseconds = 0;
    if (cudaEventSynchronize(to) != cudaSuccess ||
        cudaEventElapsedTime(&milliseconds, from, to) != cudaSuccess) {
      used_ = 0;
      return 0;
    }
    seconds += static_cast<double>(milliseconds) * 1e-3;
  }
  used_ = 0;
  return seconds;
}

}  // namespace weir::gpu_verify
