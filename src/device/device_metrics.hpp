// DeviceMetrics: writes what the device counts into the registry.
//
//   DeviceMetrics metrics(registry);
//   monitor.on_sample([&](const HealthSample& sample) { metrics.publish(sample, kind); });
//   registry.add_collector([&] {
//     metrics.publish(*device);
//     metrics.publish(store->counts());
//     metrics.publish_management_cpu(monitor.cpu_ns());
//   });
//
// Fields that nobody could read are absent from the page, also if they were there before.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "base/metrics.hpp"
#include "device/device.hpp"
#include "device/health.hpp"
#include "device/spill_store.hpp"

namespace weir::device {

// Thread-safe. The registry outlives it.
class DeviceMetrics {
 public:
  explicit DeviceMetrics(MetricRegistry& registry);

  // Health, availability and the breaker. Only a device of kind cuda makes a GPU available.
  void publish(const HealthSample& sample, Kind kind);
  // Budget, allocations by tag and what ran out.
  void publish(Device& device);
  void publish(const SpillCounts& counts);
  void publish_management_cpu(std::int64_t cpu_ns);

 private:
  // Adds to a counter what a total has grown by since it was told last.
  void raise(const Counter& counter, std::uint64_t total, std::uint64_t& told);

  MetricRegistry& registry_;
  std::mutex mutex_;
  SpillCounts spill_told_;
  std::uint64_t busy_told_ns_ = 0;
  std::uint64_t cpu_told_ns_ = 0;
  std::uint64_t energy_told_j_ = 0;
  std::uint64_t xids_told_ = 0;
  std::uint64_t out_of_memory_told_ = 0;
  std::uint64_t overflows_told_ = 0;
};

}  // namespace weir::device
