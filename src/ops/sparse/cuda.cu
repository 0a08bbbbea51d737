// The device forms of the sparse family for GPUs.
#include "device/cuda/launcher.cuh"
#include "ops/sparse/spmv/kernel.hpp"

namespace weir::ops {

Status Spmv::cuda(DeviceRun& run, const Args& args, Output& out) {
  return spmv_on_device<device::cuda::Launcher>(run, args, out);
}

}  // namespace weir::ops
