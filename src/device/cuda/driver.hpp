// The CUDA backend: the driver's own stream-ordered memory pool, streams that never synchronise
// with the default one, and polling waits with deadlines. No CUDA type appears here.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "device/driver.hpp"

namespace weir::device::cuda {

struct DriverOptions {
  int ordinal = 0;
  std::string uuid;  // "GPU-..."; wins over the ordinal
};

// Returns whether this program was built with CUDA.
bool built();

// Opens a GPU. unavailable (no_device): none, no driver, driver too old, not the one asked for, or
// built without CUDA; unavailable (unsupported): compute capability below 8.0.
Result<std::unique_ptr<Driver>> make_driver(const DriverOptions& options, Clock& clock);

}  // namespace weir::device::cuda
