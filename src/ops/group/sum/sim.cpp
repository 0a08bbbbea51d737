#include "device/sim/launcher.hpp"
#include "ops/group/sum/kernel.hpp"

namespace weir::ops {

Status GroupSum::sim(DeviceRun& run, const Args& args, Output& out) {
  return group_sum_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
