#include "device/sim/launcher.hpp"
#include "ops/stats/moments/kernel.hpp"

namespace weir::ops {

Status MomentsOf::sim(DeviceRun& run, const Args& args, Output& out) {
  return moments_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
