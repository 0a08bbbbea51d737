// The table [device] as this machine and the data directory make it.
#pragma once

#include "base/config/config.hpp"
#include "device/config.hpp"

namespace weir::main {

// Reads it; a relative calibration_file lies in storage.data_dir. The errors of read_device_config.
Result<device::DeviceConfig> device_settings(const Config& config);

}  // namespace weir::main
