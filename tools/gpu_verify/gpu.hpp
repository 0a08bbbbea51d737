// The GPU that gpu_verify checks: opened once, with as many devices upon it as cases need.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "device/device.hpp"
#include "tools/gpu_verify/shared_driver.hpp"

namespace weir::gpu_verify {

class Gpu {
 public:
  // The errors of cuda::make_driver.
  static Result<Gpu> open();

  // A device with this driver's GPU for itself. `times` may be null.
  Result<std::unique_ptr<device::Device>> device(const device::DeviceLimits& limits,
                                                 KernelTimes* times = nullptr) const;
  const device::DeviceInfo& info() const { return driver_->info(); }
  // Ok, or why it is lost.
  Status health() const { return driver_->health(); }

 private:
  explicit Gpu(std::shared_ptr<device::Driver> driver) : driver_(std::move(driver)) {}
  std::shared_ptr<device::Driver> driver_;
};

// Returns text as a JSON string.
std::string quoted(std::string_view text);

}  // namespace weir::gpu_verify
