#include "device/sim/launcher.hpp"
#include "ops/fft/fft/kernel.hpp"

namespace weir::ops {

Status Fft::sim(DeviceRun& run, const Args& args, Output& out) {
  return fft_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
