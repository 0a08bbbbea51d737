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
    case cudaErrorDevicesUnavailable:
    case cudaErrorCudartUnloading:
      return unavailable(kDeviceLost, text);
    default:
      static_cast<void>(cudaGetLastError());
      return unavailable(kDeviceError, text);
  }
}

}  // namespace weir::device::cuda
#endif
