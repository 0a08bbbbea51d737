#include "device/config.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace weir::device {
namespace {

constexpr std::array<std::string_view, 4> kBackends = {"auto", "cpu", "sim", "cuda"};
constexpr std::array<std::string_view, 3> kFallbacks = {"warn", "silent", "raise"};
constexpr std::uint64_t kHostBytesMin = std::uint64_t{64} << 20;

// The schema allows no other name, so that one of `names` it is.
template <class Enum, std::size_t N>
Enum by_name(const std::array<std::string_view, N>& names, std::string_view name) {
  return static_cast<Enum>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::uint32_t small(const Config& config, std::string_view key) {
  return static_cast<std::uint32_t>(config.u64(key));
}

std::uint64_t cut(const Config& config, std::string_view key, std::uint64_t bytes_max) {
  return std::min(config.u64(key), bytes_max);
}

Status beyond(std::string_view key, std::uint64_t value, std::string_view what,
              std::uint64_t bytes) {
  return invalid_argument("config_invalid", std::string(key) + ": " + std::to_string(value) +
                                                " is more than " + std::string(what) + ", " +
                                                std::to_string(bytes) + " bytes")
      .at(key)
      .hint("set " + std::string(key) + " to at most " + std::to_string(bytes));
}

}  // namespace

std::string_view backend_choice_name(BackendChoice choice) {
  return kBackends[static_cast<std::size_t>(choice)];
}

std::string_view fallback_mode_name(FallbackMode mode) {
  return kFallbacks[static_cast<std::size_t>(mode)];
}

std::uint64_t machine_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 1L));
  std::uint64_t bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::uint64_t limit = 0;
    if (std::ifstream(path) >> limit && limit != 0) bytes = std::min(bytes, limit);  // or "max"
  }
  return bytes;
}

Result<DeviceConfig> read_device_config(const Config& config, std::uint64_t machine_bytes) {
  DeviceConfig out;
  out.backend = by_name<BackendChoice>(kBackends, config.text("device.backend"));
  out.ordinal = small(config, "device.ordinal");
  out.uuid = config.text("device.uuid");
  out.memory_bytes_max = config.u64("device.memory_bytes_max");
  out.host_memory_bytes_max = config.u64("device.host_memory_bytes_max");
  if (out.host_memory_bytes_max == 0) {
    out.host_memory_bytes_max = std::max(machine_bytes / 4, kHostBytesMin);
  } else if (out.host_memory_bytes_max > machine_bytes) {
    return fail(beyond("device.host_memory_bytes_max", out.host_memory_bytes_max,
                       "the machine's memory", machine_bytes));
  }
  out.soft_limit_ratio = config.f64("device.soft_limit_ratio");
  out.stream_threshold_ratio = config.f64("device.stream_threshold_ratio");
  const std::uint64_t quarter = out.memory_bytes_max / 4;
  out.scratch_bytes = cut(config, "device.scratch_bytes", quarter);
  out.staging_bytes = cut(config, "device.staging_bytes", quarter);
  out.chunk_bytes = cut(config, "device.chunk_bytes", quarter);
  out.spill_host_bytes_max = config.u64("device.spill_host_bytes_max");
  out.spill_dir = config.text("device.spill_dir");
  out.spill_file_bytes_max = config.u64("device.spill_file_bytes_max");
  out.workers = small(config, "device.workers");
  out.fallback = by_name<FallbackMode>(kFallbacks, config.text("device.fallback"));
  out.gain_ratio_min = config.f64("device.gain_ratio_min");
  out.op_timeout_ms = small(config, "device.op_timeout_ms");
  out.health_interval_ms = small(config, "device.health_interval_ms");
  out.warn_celsius = small(config, "device.warn_celsius");
  out.critical_celsius = small(config, "device.critical_celsius");
  out.breaker_failures = small(config, "device.breaker_failures");
  out.breaker_window_s = small(config, "device.breaker_window_s");
  out.breaker_open_s = small(config, "device.breaker_open_s");
  out.unready_on_device_loss = config.boolean("device.unready_on_device_loss");
  out.calibration_file = config.text("device.calibration_file");
  out.sim_seed = config.u64("device.sim_seed");
  out.sim_oom_rate = config.f64("device.sim_oom_rate");
  out.sim_lose_at_op = config.u64("device.sim_lose_at_op");
  return out;
}

Status check_device_memory(const DeviceConfig& config, std::uint64_t device_bytes) {
  if (config.memory_bytes_max <= device_bytes) return Status::ok();
  return beyond("device.memory_bytes_max", config.memory_bytes_max, "the device's memory",
                device_bytes);
}

}  // namespace weir::device
