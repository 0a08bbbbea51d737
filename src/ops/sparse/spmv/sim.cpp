#include "device/sim/launcher.hpp"
#include "ops/sparse/spmv/kernel.hpp"

namespace weir::ops {

Status Spmv::sim(DeviceRun& run, const Args& args, Output& out) {
  return spmv_on_device<device::sim::Launcher>(run, args, out);
}

}  // namespace weir::ops
