#include "main/service/compute.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "device/calibration.hpp"
#include "main/device/settings.hpp"

namespace weir::main {
namespace {

constexpr const char* kProduct =
    R"({"matrixA":[[1,2],[3,4]],"matrixB":[[5,6],[7,8]],"options":{"targetDevice":"gpu"}})";

class ComputeTest : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/weir_compute_XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    dir_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::shared_ptr<const Config> config(const std::string& text) {
    const ConfigLoad load =
        load_config({.file_text = "[storage]\ndata_dir = \"" + dir_ + "\"\n[device]\n" + text});
    EXPECT_NE(load.config, nullptr) << config_status(load.problems).to_string();
    return load.config;
  }
  std::string dir_;
  MetricRegistry metrics_;
};

TEST_F(ComputeTest, LeavesAbsentWhatNobodyCouldReadOfADevice) {
  const auto simulated = config("backend = \"sim\"\n");
  const auto compute = Compute::open(*simulated, metrics_, system_clock());
  ASSERT_TRUE(compute) << compute.error().to_string();
  EXPECT_EQ((*compute)->operations().answer("matrix_multiply", kProduct, "r").http_status, 200U);
  std::string page;
  metrics_.write_prometheus(page);
  EXPECT_NE(page.find("\nweir_gpu_available 0\n"), std::string::npos);
  EXPECT_NE(page.find("\nweir_device_breaker_state{state=\"closed\"} 1\n"), std::string::npos);
  for (const char* absent : {"weir_gpu_temperature", "weir_gpu_memory", "weir_gpu_power",
                             "weir_gpu_utilization", "weir_gpu_energy", "weir_gpu_xid"}) {
    EXPECT_EQ(page.find(absent), std::string::npos) << absent;
  }
}

TEST_F(ComputeTest, TellsFollowersOfTheDeviceAndItsOperations) {
  server::SseHub hub({}, system_clock(), metrics_);
  hub.attach([] {});
  const auto source = hub.subscribe({.topics = server::topic_bit(server::Topic::kDevice)});
  ASSERT_NE(source, nullptr);
  source->attached([] {});
  const auto simulated = config("backend = \"sim\"\n");
  const auto compute = Compute::open(*simulated, metrics_, system_clock());
  ASSERT_TRUE(compute) << compute.error().to_string();
  (*compute)->publish_to(&hub);
  EXPECT_EQ((*compute)->operations().answer("matrix_multiply", kProduct, "r").http_status, 200U);
  (*compute)->publish_to(nullptr);
  EXPECT_EQ((*compute)->operations().answer("matrix_multiply", kProduct, "r").http_status, 200U);
  hub.drain();
  std::string text;
  EXPECT_TRUE(source->pull(text));
  EXPECT_NE(text.find(R"(data: {"event":"gpu.initialized","backend":"sim")"), std::string::npos)
      << text;
  const std::string_view completed = R"(data: {"event":"gpu.operation.completed","operation":)";
  const std::size_t first = text.find(completed);
  ASSERT_NE(first, std::string::npos) << text;
  EXPECT_EQ(text.find(completed, first + 1), std::string::npos) << "told after it was to end";
  EXPECT_NE(text.find(R"("gpu_used":false)"), std::string::npos) << "a simulation is no GPU";
}

TEST_F(ComputeTest, TellsOnceASecondWhatWasHeldBack) {
  ManualClock clock(1'700'000'000'000'000);
  server::SseHub hub({}, clock, metrics_);
  hub.attach([] {});
  const auto source = hub.subscribe({.topics = server::topic_bit(server::Topic::kDevice)});
  ASSERT_NE(source, nullptr);
  source->attached([] {});
  const auto compute = Compute::open(*config("backend = \"cpu\"\n"), metrics_, clock);
  ASSERT_TRUE(compute) << compute.error().to_string();
  (*compute)->publish_to(&hub);
  for (int i = 0; i < 110; ++i) {
    EXPECT_EQ((*compute)->operations().answer("hash_batch", R"({"items":[]})", "r").http_status,
              200U);
  }
  (*compute)->desk().tick();
  hub.drain();
  std::string text;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(source->pull(text));
  EXPECT_NE(text.find(R"({"event":"gpu.operation.completed","held":13})"), std::string::npos)
      << "97 of 110 went out: " << text.substr(text.size() > 500 ? text.size() - 500 : 0);
}

TEST_F(ComputeTest, UsesTheRatesThatWereMeasuredHere) {
  device::Calibration calibration;
  calibration.of = device::this_machine();
  calibration.measured.cpu = true;
  calibration.rates.cpu_bytes_per_s = 123e9;
  ASSERT_TRUE(device::save_calibration(dir_ + "/calibration.json", calibration).is_ok());
  const auto cpu = config("backend = \"cpu\"\n");
  EXPECT_EQ(device_settings(*cpu)->calibration_file, dir_ + "/calibration.json");
  const auto compute = Compute::open(*cpu, metrics_, system_clock());
  ASSERT_TRUE(compute);
  EXPECT_EQ((*compute)->context().rates().cpu_bytes_per_s, 123e9);
  EXPECT_EQ(device_settings(*config("calibration_file = \"/a/b\"\n"))->calibration_file, "/a/b");
}

}  // namespace
}  // namespace weir::main
