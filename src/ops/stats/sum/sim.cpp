#include "device/sim/launcher.hpp"
#include "ops/stats/sum/kernel.hpp"

namespace weir::ops {

Status Sum::sim(DeviceRun& run, const Args& args, Output& out) {
  return sum_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
