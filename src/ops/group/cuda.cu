#include "device/cuda/launcher.cuh"
#include "ops/group/sum/kernel.hpp"
#include "ops/sort/cub_radix.cuh"

namespace weir::ops {

Status GroupSum::cuda(DeviceRun& run, const Args& args, Output& out) {
  return group_sum_on_device<device::cuda::Launcher, CubRadix>(run, args, out);
}

}  // namespace weir::ops
