#include "device/sim/launcher.hpp"
#include "ops/matrix/add/kernel.hpp"

namespace weir::ops {

template <class T>
Status Add<T>::sim(DeviceRun& run, const Args& args, Output& out) {
  return add_on_device<T, device::sim::Launcher>(run, args, out);
}

template Status AddF64::sim(DeviceRun&, const Args&, Output&);
template Status AddF32::sim(DeviceRun&, const Args&, Output&);

}  // namespace weir::ops
