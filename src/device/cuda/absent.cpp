// Stands in for the CUDA backend in programs built without it.
#include "device/cuda/driver.hpp"

#if !WEIR_CUDA
namespace weir::device::cuda {

bool built() {
  return false;
}

Result<std::unique_ptr<Driver>> make_driver(const DriverOptions&, Clock&) {
  return fail(unavailable("no_device", "this program was built without CUDA"));
}

}  // namespace weir::device::cuda
#endif
