#include "ops/backend.hpp"

#include <gtest/gtest.h>

#include "ops/execute.hpp"
#include "ops/matrix/multiply/multiply.hpp"

namespace weir::ops {
namespace {

device::DeviceConfig on(device::BackendChoice backend) {
  device::DeviceConfig config;
  config.backend = backend;
  config.memory_bytes_max = std::uint64_t{64} << 20;
  config.staging_bytes = std::uint64_t{1} << 20;
  return config;
}

TEST(Backend, StaysOnTheCpuWhenTheConfigurationSaysSo) {
  const auto backend = open_backend(on(device::BackendChoice::kCpu), Workers(1), system_clock());
  ASSERT_TRUE(backend);
  EXPECT_EQ(backend->context->device(), nullptr);
  EXPECT_EQ(backend->context->no_device_reason(), Reason::kDisabled);
}

TEST(Backend, OpensTheSimulatedDeviceOnlyWhenItIsNamed) {
  const auto backend = open_backend(on(device::BackendChoice::kSim), Workers(1), system_clock());
  ASSERT_TRUE(backend);
  ASSERT_NE(backend->context->device(), nullptr);
  EXPECT_EQ(backend->context->device()->kind(), device::Kind::kSim);
  EXPECT_TRUE(self_test(*backend->context).is_ok());
}

TEST(Backend, GoesOnWithTheCpuWhereThereIsNoGpu) {
  const auto backend = open_backend(on(device::BackendChoice::kAuto), Workers(1), system_clock());
  ASSERT_TRUE(backend);
  if (backend->context->device() != nullptr) return;  // a machine with a GPU
  EXPECT_EQ(backend->context->no_device_reason(), Reason::kNoDevice);
  EXPECT_FALSE(backend->context->no_device_sentence().empty());
  EXPECT_NE(backend->line.find("CPU"), std::string::npos) << backend->line;
  const auto forced = open_backend(on(device::BackendChoice::kCuda), Workers(1), system_clock());
  ASSERT_FALSE(forced) << "a GPU that was asked for and is not there is an error";
  EXPECT_EQ(forced.error().code(), Code::kUnavailable);
}

TEST(SelfTest, FailsOnADeviceThatLosesMemory) {
  device::DeviceConfig config = on(device::BackendChoice::kSim);
  config.sim_oom_rate = 1;
  const auto backend = open_backend(config, Workers(1), system_clock());
  ASSERT_TRUE(backend);
  const Status status = self_test(*backend->context);
  ASSERT_FALSE(status.is_ok());
  EXPECT_EQ(status.reason(), "self_test_failed");
}

}  // namespace
}  // namespace weir::ops
