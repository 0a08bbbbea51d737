#include "device/device_events.hpp"

#include <gtest/gtest.h>

namespace weir::device {
namespace {

std::string json_of(const DeviceEvent& event) {
  std::string out;
  append_device_event(out, event);
  return out;
}

TEST(DeviceEvent, WritesEachKindAsJson) {
  const DeviceEvent first =
      GpuInitialized{.backend = "sim", .device = "simulated \"device\"", .memory_bytes = 5};
  EXPECT_EQ(device_event_name(first), "gpu.initialized");
  EXPECT_EQ(
      json_of(first),
      R"({"event":"gpu.initialized","backend":"sim","device":"simulated \"device\"","memory":5})");
  const DeviceEvent second = GpuOperationCompleted{.operation = "stats.sum",
                                                   .gpu_used = true,
                                                   .duration_ms = 0.5,
                                                   .rows = 100,
                                                   .rows_per_second = 1234.5};
  EXPECT_EQ(device_event_name(second), "gpu.operation.completed");
  EXPECT_EQ(json_of(second),
            R"({"event":"gpu.operation.completed","operation":"stats.sum","gpu_used":true,)"
            R"("duration":0.5,"performance":{"rows":100,)"
            R"("rows_per_second":1234.5,"gigabytes_per_second":null,"gigaflops":null}})");
  const DeviceEvent third = GpuOperationFallback{
      .operation = "stats.sum", .error = "no memory", .reason = "out_of_memory", .duration_ms = 2};
  EXPECT_EQ(device_event_name(third), "gpu.operation.fallback");
  EXPECT_EQ(json_of(third),
            R"({"event":"gpu.operation.fallback","operation":"stats.sum","error":"no memory",)"
            R"("reason":"out_of_memory",)"
            R"("fallback":"CPU","duration":2})");
}

TEST(DeviceEvent, WritesHowManyWereHeld) {
  std::string out;
  append_held_events(out, 1, 17);
  EXPECT_EQ(out, R"({"event":"gpu.operation.completed","held":17})");
}

TEST(DeviceEventLimiter, LetsThroughSoManyInAnySecond) {
  ManualClock clock(1'000'000'000);
  DeviceEventLimiter limiter(clock);
  const DeviceEvent completed = GpuOperationCompleted{};
  const DeviceEvent fallback = GpuOperationFallback{};
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(limiter.admit(completed));
  clock.advance_us(500'000);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(limiter.admit(fallback));
  EXPECT_FALSE(limiter.admit(completed));
  EXPECT_FALSE(limiter.admit(fallback));
  EXPECT_FALSE(limiter.admit(fallback));
  EXPECT_EQ(limiter.take_held(), (std::array<std::uint64_t, 3>{0, 1, 2}));
  EXPECT_EQ(limiter.take_held(), (std::array<std::uint64_t, 3>{0, 0, 0}));
  clock.advance_us(499'999);
  EXPECT_FALSE(limiter.admit(completed));
  clock.advance_us(1);  // the first fifty are a second old
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(limiter.admit(completed));
  EXPECT_FALSE(limiter.admit(completed)) << "a hundred within the last second";
  EXPECT_EQ(limiter.held_total(), 5U);
}

}  // namespace
}  // namespace weir::device
