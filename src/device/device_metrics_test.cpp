#include "device/device_metrics.hpp"

#include <gtest/gtest.h>

#include "device/sim/driver.hpp"

namespace weir::device {
namespace {

std::string exposed(const MetricRegistry& registry) {
  std::string text;
  registry.write_prometheus(text);
  return text;
}

TEST(DeviceMetrics, ShowsOnlyWhatWasRead) {
  MetricRegistry registry;
  DeviceMetrics metrics(registry);
  HealthSample sample;
  metrics.publish(sample, Kind::kCuda);
  const std::string bare = exposed(registry);
  EXPECT_NE(bare.find("\nweir_gpu_available 0\n"), std::string::npos);
  EXPECT_EQ(bare.find("weir_gpu_temperature"), std::string::npos);
  EXPECT_EQ(bare.find("weir_gpu_energy"), std::string::npos);
  EXPECT_EQ(bare.find("weir_gpu_xid"), std::string::npos);

  sample.state.available = true;
  sample.state.breaker.state = BreakerState::kOpen;
  sample.gpu.memory_used = 7;
  sample.gpu.utilization = 37;
  sample.gpu.temperature_c = 61;
  sample.gpu.power_mw = 412'345;
  sample.gpu.energy_mj = 10'999;
  sample.xids = 0;
  metrics.publish(sample, Kind::kCuda);
  const std::string full = exposed(registry);
  for (const char* line :
       {"weir_gpu_available 1", "weir_gpu_memory_used_bytes 7", "weir_gpu_utilization_ratio 0.37",
        "weir_gpu_temperature_celsius 61", "weir_gpu_power_watts 412.345",
        "weir_gpu_energy_joules_total 10", "weir_gpu_xid_errors_total 0",
        "weir_device_breaker_state{state=\"open\"} 1",
        "weir_device_breaker_state{state=\"closed\"} 0"}) {
    EXPECT_NE(full.find("\n" + std::string(line) + "\n"), std::string::npos) << line;
  }
  metrics.publish(sample, Kind::kSim);
  EXPECT_EQ(registry.value(Metric::kGpuAvailable), 0) << "a simulation is no GPU";
  sample.gpu.temperature_c.reset();
  sample.gpu.energy_mj = 12'000;
  sample.xids = 3;
  metrics.publish(sample, Kind::kCuda);
  EXPECT_EQ(exposed(registry).find("weir_gpu_temperature"), std::string::npos);
  EXPECT_EQ(registry.value(Metric::kGpuEnergyJoulesTotal), 12);
  EXPECT_EQ(registry.value(Metric::kGpuXidErrorsTotal), 3);
}

TEST(DeviceMetrics, AddsWhatTotalsHaveGrownBy) {
  MetricRegistry registry;
  DeviceMetrics metrics(registry);
  SpillCounts counts;
  counts.tiers[1].bytes_out = 100;
  counts.tiers[2].bytes_in = 50;
  counts.thrash = 1;
  counts.busy_ns = 500'000'000;
  for (int i = 0; i < 3; ++i) metrics.publish(counts);
  counts.tiers[1].bytes_out = 130;
  counts.damaged = 2;
  metrics.publish(counts);
  EXPECT_EQ(registry.value(Metric::kSpilledBytesTotal, {"out", "pageable"}), 130);
  EXPECT_EQ(registry.value(Metric::kSpilledBytesTotal, {"in", "file"}), 50);
  EXPECT_EQ(registry.value(Metric::kSpillThrashTotal), 1);
  EXPECT_EQ(registry.value(Metric::kSpillDamagedTotal), 2);
  EXPECT_EQ(registry.value(Metric::kSpillSecondsTotal), 0.5);
  metrics.publish_management_cpu(2'000'000'000);
  metrics.publish_management_cpu(2'500'000'000);
  EXPECT_EQ(registry.value(Metric::kDeviceManagementCpuSecondsTotal), 2.5);
}

TEST(DeviceMetrics, ShowsADevicesMemoryByTag) {
  MetricRegistry registry;
  DeviceMetrics metrics(registry);
  auto device = *Device::create(sim::make_driver({.oom_at_op = 2}, 1 << 20), {}, system_clock());
  auto stream = *device->create_stream();
  auto reservation = *device->reserve(2000, Tag::kWeights);
  const auto buffer = device->allocate(1000, reservation, stream);
  EXPECT_FALSE(device->allocate(1000, reservation, stream));
  metrics.publish(*device);
  EXPECT_EQ(registry.value(Metric::kDeviceAllocBytes, {"weights"}), 1000);
  EXPECT_EQ(registry.value(Metric::kDeviceOomTotal), 1);
  EXPECT_EQ(exposed(registry).find("weir_gpu_memory_limit"), std::string::npos) << "no GPU";
}

}  // namespace
}  // namespace weir::device
