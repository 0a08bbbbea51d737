#include "device/sim/launcher.hpp"
#include "ops/fft/rfft/kernel.hpp"

namespace weir::ops {

Status Rfft::sim(DeviceRun& run, const Args& args, Output& out) {
  return rfft_on_device<device::sim::Launcher>(run, args, out);
}

Status Irfft::sim(DeviceRun& run, const Args& args, Output& out) {
  return irfft_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
