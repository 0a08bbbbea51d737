// DeviceConfig: the table [device] of the configuration, typed.
//
//   WEIR_ASSIGN(const DeviceConfig config, read_device_config(*load.config, machine_memory()));
//   WEIR_ASSIGN(auto device, Device::open(config, clock));
//
// The keys, their ranges and the checks between them live in base/config, so that `weir config
// check` tells all problems in one run; here is only what depends on the machine. The table may
// stand in a file of its own: ConfigInputs::device_file_text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/config/config.hpp"
#include "base/result.hpp"

namespace weir::device {

// What was asked for; kAuto takes a GPU where there is one.
enum class BackendChoice : std::uint8_t { kAuto, kCpu, kSim, kCuda };
std::string_view backend_choice_name(BackendChoice choice);  // "auto", ...

// What happens when the CPU takes over.
enum class FallbackMode : std::uint8_t { kWarn, kSilent, kRaise };
std::string_view fallback_mode_name(FallbackMode mode);  // "warn", ...

struct DeviceConfig {
  BackendChoice backend = BackendChoice::kAuto;
  std::uint32_t ordinal = 0;
  std::string uuid = {};  // goes before ordinal; empty: none
  std::uint64_t memory_bytes_max = std::uint64_t{512} << 20;
  std::uint64_t host_memory_bytes_max = std::uint64_t{1} << 30;
  double soft_limit_ratio = 0.80;
  double stream_threshold_ratio = 0.80;
  std::uint64_t scratch_bytes = std::uint64_t{64} << 20;
  std::uint64_t staging_bytes = std::uint64_t{64} << 20;
  std::uint64_t chunk_bytes = std::uint64_t{64} << 20;
  std::uint64_t spill_host_bytes_max = std::uint64_t{4} << 30;
  std::string spill_dir = {};  // empty: no file tier
  std::uint64_t spill_file_bytes_max = std::uint64_t{16} << 30;
  std::uint32_t workers = 2;
  FallbackMode fallback = FallbackMode::kWarn;
  double gain_ratio_min = 1.25;
  std::uint32_t op_timeout_ms = 5000;
  std::uint32_t health_interval_ms = 1000;
  std::uint32_t warn_celsius = 83;
  std::uint32_t critical_celsius = 90;
  std::uint32_t breaker_failures = 5;
  std::uint32_t breaker_window_s = 60;
  std::uint32_t breaker_open_s = 30;
  bool unready_on_device_loss = false;
  std::string calibration_file = "calibration.json";
  std::uint64_t sim_seed = 1;
  double sim_oom_rate = 0;
  std::uint64_t sim_lose_at_op = 0;  // 0: never
};

// Returns the bytes of RAM that the machine, or the control group around this process, allows.
std::uint64_t machine_memory();

// Returns the table [device] of a loaded configuration. Sizes that were left to their defaults are
// cut to a quarter of memory_bytes_max; a host_memory_bytes_max of 0 becomes a quarter of
// `machine_bytes`, 64 MiB at least. invalid_argument (config_invalid) if host_memory_bytes_max is
// beyond `machine_bytes`.
Result<DeviceConfig> read_device_config(const Config& config, std::uint64_t machine_bytes);

// Checks what can be told only once the device is open: invalid_argument (config_invalid) if
// memory_bytes_max is beyond `device_bytes`, the memory of the device.
Status check_device_memory(const DeviceConfig& config, std::uint64_t device_bytes);

}  // namespace weir::device
