#if WEIR_CUDA
#include "device/cuda/error.hpp"

#include <string>

#include "device/driver.hpp"

namespace weir::device::cuda {

Status to_status(cudaError_t error, std::string_view what) {
  if (error == cudaSuccess) return Status::ok();
  const std::string text =
      std::string(what) + ": " + cudaGetErrorName(error) + ", " + cudaGetErrorString(error);
  switch (error) {
    case cudaErrorMemoryAllocation:
      // The failed call leaves it as the last error; a later launch must not report it again.
      static_cast<void>(cudaGetLastError());
      return resource_exhausted(kOutOfMemory, text);
    case cudaErrorIllegalAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorHardwareStackError:
    case cudaErrorAssert:
    case cudaErrorLaunchTimeout:
    case cudaErrorLaunchFailure:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorContextIsDestroyed:
    case cudaErrorDeviceUninitialized:
    case cudaErrorDevicesUnavailable:
    case cudaErrorNoDevice:
    case cudaErrorExternalDevice:
    case cudaErrorMpsRpcFailure:
    case cudaErrorUnknown:
    case cudaErrorCudartUnloading:
#if CUDART_VERSION >= 12000
    case cudaErrorMpsClientTerminated:
#endif
#if CUDART_VERSION >= 12080
    case cudaErrorTensorMemoryLeak:
#endif
#if CUDART_VERSION >= 13000
    case cudaErrorContained:
#endif
      return unavailable(kDeviceLost, text);
    default:
      static_cast<void>(cudaGetLastError());
      return unavailable(kDeviceError, text);
  }
}

}  // namespace weir::device::cuda
#endif
