// The device forms of the matrix family for GPUs.
#include "device/cuda/launcher.cuh"
#include "ops/matrix/multiply/kernel.hpp"

namespace weir::ops {

template <class A, class B>
Status Multiply<A, B>::cuda(DeviceRun& run, const Args& args, Output& out) {
  return multiply_on_device<Multiply, device::cuda::Launcher>(run, args, out);
}

#define WEIR_INSTANTIATE(Type) template Status Type::cuda(DeviceRun&, const Args&, Output&);
WEIR_MULTIPLY_TYPES(WEIR_INSTANTIATE)
#undef WEIR_INSTANTIATE

}  // namespace weir::ops
