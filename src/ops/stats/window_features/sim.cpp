#include "device/sim/launcher.hpp"
#include "ops/stats/window_features/kernel.hpp"

namespace weir::ops {

Status WindowFeatures::sim(DeviceRun& run, const Args& args, Output& out) {
  return window_features_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
