#include "device/sim/launcher.hpp"
#include "ops/hash/merkle_root/kernel.hpp"

namespace weir::ops {

Status MerkleRoot::sim(DeviceRun& run, const Args& args, Output& out) {
  return merkle_root_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
