// KernelTimes: how long the kernels that a SharedDriver saw take on the GPU, copies not counted.
//
//   ... ops ...
//   times.take_seconds();
#pragma once

#include <cstddef>
#include <vector>

namespace weir::gpu_verify {

// The time between the start and the end of each launch on its stream. Launches that overlap count
// each in full. Belongs to one thread.
class KernelTimes {
 public:
  KernelTimes() = default;
  ~KernelTimes();
  KernelTimes(const KernelTimes&) = delete;
  KernelTimes& operator=(const KernelTimes&) = delete;

  void begin(void* stream);
  void end();
  // Waits for the launches noted so far; returns the sum of their times and forgets them. 0 where
  // the runtime could not tell.
  double take_seconds();

 private:
  struct Launch {
    void* begin = nullptr;  // events of the runtime
    void* end = nullptr;
  };
  std::vector<Launch> launches_;  // events are made once and used again
  std::size_t used_ = 0;
  void* stream_ = nullptr;
};

}  // namespace weir::gpu_verify
