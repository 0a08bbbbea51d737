// The device forms of the hash family for GPUs.
#include "device/cuda/launcher.cuh"
#include "ops/hash/merkle_root/kernel.hpp"
#include "ops/hash/sha256_batch/kernel.hpp"

namespace weir::ops {

using device::cuda::Launcher;

Status Sha256Batch::cuda(DeviceRun& run, const Args& args, Output& out) {
  return sha256_on_device<Launcher>(run, args, out);
}

Status MerkleRoot::cuda(DeviceRun& run, const Args& args, Output& out) {
  return merkle_root_on_device<Launcher>(run, args, out);
}

}  // namespace weir::ops
