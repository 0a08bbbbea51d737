// The device forms of the matrix family for GPUs.
#include "device/cuda/launcher.cuh"
#include "ops/matrix/add/kernel.hpp"
#include "ops/matrix/multiply/kernel.hpp"
#include "ops/matrix/scale/kernel.hpp"
#include "ops/matrix/transpose/kernel.hpp"

namespace weir::ops {

template <class A, class B>
Status Multiply<A, B>::cuda(DeviceRun& run, const Args& args, Output& out) {
  return multiply_on_device<Multiply, device::cuda::Launcher>(run, args, out);
}

#define WEIR_INSTANTIATE(Type) template Status Type::cuda(DeviceRun&, const Args&, Output&);
WEIR_MULTIPLY_TYPES(WEIR_INSTANTIATE)
#undef WEIR_INSTANTIATE

template <class T>
Status Add<T>::cuda(DeviceRun& run, const Args& args, Output& out) {
  return add_on_device<T, device::cuda::Launcher>(run, args, out);
}

template Status AddF64::cuda(DeviceRun&, const Args&, Output&);
template Status AddF32::cuda(DeviceRun&, const Args&, Output&);

template <class T>
Status Scale<T>::cuda(DeviceRun& run, const Args& args, Output& out) {
  return scale_on_device<T, device::cuda::Launcher>(run, args, out);
}

template Status ScaleF64::cuda(DeviceRun&, const Args&, Output&);
template Status ScaleF32::cuda(DeviceRun&, const Args&, Output&);

template <class T>
Status Transpose<T>::cuda(DeviceRun& run, const Args& args, Output& out) {
  return transpose_on_device<T, device::cuda::Launcher>(run, args, out);
}

template Status TransposeF64::cuda(DeviceRun&, const Args&, Output&);
template Status TransposeF32::cuda(DeviceRun&, const Args&, Output&);

}  // namespace weir::ops
