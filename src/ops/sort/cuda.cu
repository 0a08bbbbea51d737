#include "device/cuda/launcher.cuh"
#include "ops/sort/argsort/kernel.hpp"
#include "ops/sort/cub_radix.cuh"
#include "ops/sort/keys/kernel.hpp"

namespace weir::ops {

using device::cuda::Launcher;

Status Argsort::cuda(DeviceRun& run, const Args& args, Output& out) {
  return argsort_on_device<Launcher, CubRadix>(run, args, out);
}

Status SortKeys::cuda(DeviceRun& run, const Args& args, Output& out) {
  return sort_keys_on_device<Launcher, CubRadix>(run, args, out);
}

}  // namespace weir::ops
