#include "device/sim/launcher.hpp"
#include "ops/matrix/multiply/kernel.hpp"

namespace weir::ops {

template <class A, class B>
Status Multiply<A, B>::sim(DeviceRun& run, const Args& args, Output& out) {
  return multiply_on_device<Multiply, device::sim::Launcher>(run, args, out);
}

#define WEIR_INSTANTIATE(Type) template Status Type::sim(DeviceRun&, const Args&, Output&);
WEIR_MULTIPLY_TYPES(WEIR_INSTANTIATE)
#undef WEIR_INSTANTIATE

}  // namespace weir::ops
