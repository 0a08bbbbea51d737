#include "device/sim/launcher.hpp"
#include "ops/matrix/transpose/kernel.hpp"

namespace weir::ops {

template <class T>
Status Transpose<T>::sim(DeviceRun& run, const Args& args, Output& out) {
  return transpose_on_device<T, device::sim::Launcher>(run, args, out);
}

template Status TransposeF64::sim(DeviceRun&, const Args&, Output&);
template Status TransposeF32::sim(DeviceRun&, const Args&, Output&);

}  // namespace weir::ops
