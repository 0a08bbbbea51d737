#include "device/sim/launcher.hpp"
#include "ops/stats/histogram/kernel.hpp"

namespace weir::ops {

Status Histogram::sim(DeviceRun& run, const Args& args, Output& out) {
  return histogram_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
