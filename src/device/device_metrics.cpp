#include "device/device_metrics.hpp"

#include <limits>
#include <optional>

namespace weir::device {
namespace {

// A gauge that is no number is not shown.
template <class T>
double or_absent(const std::optional<T>& value, double scale = 1) {
  return value ? static_cast<double>(*value) / scale : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

DeviceMetrics::DeviceMetrics(MetricRegistry& registry) : registry_(registry) {}

void DeviceMetrics::raise(const Counter& counter, std::uint64_t total, std::uint64_t& told) {
  if (total > told) counter.add(total - told);
  told = total;
}

void DeviceMetrics::publish(const HealthSample& sample, Kind kind) {
  constexpr double kPercent = 100;
  constexpr double kMilli = 1000;
  const std::lock_guard lock(mutex_);
  const GpuSample& gpu = sample.gpu;
  registry_.gauge(Metric::kGpuAvailable).set(sample.state.available && kind == Kind::kCuda ? 1 : 0);
  registry_.gauge(Metric::kGpuMemoryUsedBytes).set(or_absent(gpu.memory_used));
  registry_.gauge(Metric::kGpuUtilizationRatio).set(or_absent(gpu.utilization, kPercent));
  registry_.gauge(Metric::kGpuTemperatureCelsius).set(or_absent(gpu.temperature_c));
  registry_.gauge(Metric::kGpuPowerWatts).set(or_absent(gpu.power_mw, kMilli));
  if (gpu.energy_mj) {
    raise(registry_.counter(Metric::kGpuEnergyJoulesTotal), *gpu.energy_mj / 1000, energy_told_j_);
  }
  if (sample.xids) raise(registry_.counter(Metric::kGpuXidErrorsTotal), *sample.xids, xids_told_);
  for (std::size_t i = 0; i < kBreakerStates; ++i) {
    const auto state = static_cast<BreakerState>(i);
    registry_.gauge(Metric::kDeviceBreakerState, {breaker_state_name(state)})
        .set(state == sample.state.breaker.state ? 1 : 0);
  }
}

void DeviceMetrics::publish(Device& device) {
  const std::lock_guard lock(mutex_);
  if (device.kind() == Kind::kCuda) {
    registry_.gauge(Metric::kGpuMemoryLimitBytes).set(device.budget().bytes_max());
  }
  for (std::size_t i = 0; i < kTags; ++i) {
    const auto tag = static_cast<Tag>(i);
    registry_.gauge(Metric::kDeviceAllocBytes, {tag_name(tag)}).set(device.allocated(tag));
  }
  const DeviceCounters counters = device.counters();
  raise(registry_.counter(Metric::kDeviceOomTotal), counters.out_of_memory, out_of_memory_told_);
  raise(registry_.counter(Metric::kDeviceScratchOverflowTotal), counters.scratch_overflows,
        overflows_told_);
}

void DeviceMetrics::publish(const SpillCounts& counts) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kSpillTiers; ++i) {
    const std::string_view tier = spill_tier_name(static_cast<SpillTier>(i));
    raise(registry_.counter(Metric::kSpilledBytesTotal, {"out", tier}), counts.tiers[i].bytes_out,
          spill_told_.tiers[i].bytes_out);
    raise(registry_.counter(Metric::kSpilledBytesTotal, {"in", tier}), counts.tiers[i].bytes_in,
          spill_told_.tiers[i].bytes_in);
  }
  raise(registry_.counter(Metric::kSpillThrashTotal), counts.thrash, spill_told_.thrash);
  raise(registry_.counter(Metric::kSpillDamagedTotal), counts.damaged, spill_told_.damaged);
  raise(registry_.counter(Metric::kSpillSecondsTotal), static_cast<std::uint64_t>(counts.busy_ns),
        busy_told_ns_);
}

void DeviceMetrics::publish_management_cpu(std::int64_t cpu_ns) {
  const std::lock_guard lock(mutex_);
  raise(registry_.counter(Metric::kDeviceManagementCpuSecondsTotal),
        static_cast<std::uint64_t>(cpu_ns), cpu_told_ns_);
}

}  // namespace weir::device
