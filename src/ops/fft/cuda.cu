// The device forms of the fft family for GPUs.
#include "device/cuda/launcher.cuh"
#include "ops/fft/fft/kernel.hpp"
#include "ops/fft/rfft/kernel.hpp"

namespace weir::ops {

using device::cuda::Launcher;

Status Fft::cuda(DeviceRun& run, const Args& args, Output& out) {
  return fft_on_device<Launcher>(run, args, out);
}

Status Rfft::cuda(DeviceRun& run, const Args& args, Output& out) {
  return rfft_on_device<Launcher>(run, args, out);
}

Status Irfft::cuda(DeviceRun& run, const Args& args, Output& out) {
  return irfft_on_device<Launcher>(run, args, out);
}

}  // namespace weir::ops
