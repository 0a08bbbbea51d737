#include "device/sim/launcher.hpp"
#include "ops/sort/argsort/kernel.hpp"

namespace weir::ops {

Status Argsort::sim(DeviceRun& run, const Args& args, Output& out) {
  return argsort_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
