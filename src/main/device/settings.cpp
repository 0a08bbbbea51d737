#include "main/device/settings.hpp"

#include <filesystem>

namespace weir::main {

Result<device::DeviceConfig> device_settings(const Config& config) {
  WEIR_ASSIGN(device::DeviceConfig device,
              device::read_device_config(config, device::machine_memory()));
  const std::filesystem::path file(device.calibration_file);
  if (file.is_relative()) {
    device.calibration_file =
        (std::filesystem::path(config.text("storage.data_dir")) / file).string();
  }
  return device;
}

}  // namespace weir::main
