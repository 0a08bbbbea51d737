#include "device/sim/launcher.hpp"
#include "ops/sort/keys/kernel.hpp"

namespace weir::ops {

Status SortKeys::sim(DeviceRun& run, const Args& args, Output& out) {
  return sort_keys_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
