#include "device/sim/launcher.hpp"
#include "ops/matrix/scale/kernel.hpp"

namespace weir::ops {

template <class T>
Status Scale<T>::sim(DeviceRun& run, const Args& args, Output& out) {
  return scale_on_device<T, device::sim::Launcher>(run, args, out);
}

template Status ScaleF64::sim(DeviceRun&, const Args&, Output&);
template Status ScaleF32::sim(DeviceRun&, const Args&, Output&);

}  // namespace weir::ops
