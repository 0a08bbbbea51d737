#include "device/sim/launcher.hpp"
#include "ops/filter/compact/kernel.hpp"

namespace weir::ops {

Status Compact::sim(DeviceRun& run, const Args& args, Output& out) {
  return compact_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
