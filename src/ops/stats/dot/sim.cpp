#include "device/sim/launcher.hpp"
#include "ops/stats/dot/kernel.hpp"

namespace weir::ops {

Status Dot::sim(DeviceRun& run, const Args& args, Output& out) {
  return dot_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
