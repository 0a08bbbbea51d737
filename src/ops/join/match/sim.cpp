#include "device/sim/launcher.hpp"
#include "ops/join/match/kernel.hpp"

namespace weir::ops {

Status JoinMatch::sim(DeviceRun& run, const Args& args, Output& out) {
  return join_match_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
