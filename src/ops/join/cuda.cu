#include "device/cuda/launcher.cuh"
#include "ops/join/match/kernel.hpp"

namespace weir::ops {

Status JoinMatch::cuda(DeviceRun& run, const Args& args, Output& out) {
  return join_match_on_device<device::cuda::Launcher>(run, args, out);
}

}  // namespace weir::ops
