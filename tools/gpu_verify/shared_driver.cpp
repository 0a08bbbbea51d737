#include "tools/gpu_verify/shared_driver.hpp"

namespace weir::gpu_verify {

Result<void*> SharedDriver::native_stream(device::StreamId stream) {
  WEIR_ASSIGN(void* const native, inner_->native_stream(stream));
  if (times_ != nullptr) times_->begin(native);
  return native;
}

Status SharedDriver::note(Status status) {
  if (times_ != nullptr) times_->end();
  return inner_->note(std::move(status));
}

}  // namespace weir::gpu_verify
