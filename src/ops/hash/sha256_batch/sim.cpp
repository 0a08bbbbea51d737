#include "device/sim/launcher.hpp"
#include "ops/hash/sha256_batch/kernel.hpp"

namespace weir::ops {

Status Sha256Batch::sim(DeviceRun& run, const Args& args, Output& out) {
  return sha256_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
