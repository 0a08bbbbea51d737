#include "device/cuda/launcher.cuh"
#include "ops/filter/compact/kernel.hpp"

namespace weir::ops {

Status Compact::cuda(DeviceRun& run, const Args& args, Output& out) {
  return compact_on_device<device::cuda::Launcher>(run, args, out);
}

}  // namespace weir::ops
