#include "tools/gpu_verify/gpu.hpp"

#include <utility>

#include "base/clock.hpp"
#include "device/cuda/driver.hpp"

namespace weir::gpu_verify {

Result<Gpu> Gpu::open() {
  WEIR_ASSIGN(auto driver, device::cuda::make_driver({}, system_clock()));
  return Gpu(std::shared_ptr<device::Driver>(std::move(driver)));
}

Result<std::unique_ptr<device::Device>> Gpu::device(const device::DeviceLimits& limits,
                                                    KernelTimes* times) const {
  return device::Device::create(std::make_unique<SharedDriver>(driver_, times), limits,
                                system_clock());
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace weir::gpu_verify
