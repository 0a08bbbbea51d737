// The CPU as a device: aligned host memory, everything done before the call returns. For code that
// wants one path; ops have CPU forms of their own.
#pragma once

#include <cstdint>
#include <memory>

#include "device/driver.hpp"

namespace weir::device::cpu {

std::unique_ptr<Driver> make_driver(std::uint64_t memory_bytes);

}  // namespace weir::device::cpu
