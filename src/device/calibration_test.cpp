#include "device/calibration.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "device/cpu/driver.hpp"
#include "device/sim/driver.hpp"

namespace weir::device {
namespace {

Calibration sample() {
  Calibration out;
  out.of = {.cpu = "EPYC \"4\"", .cores = 2, .device = "H", .uuid = "GPU-1", .driver = "570"};
  out.measured.cpu = true;
  out.measured.device = true;
  out.at_us = 1'700'000'000'000'001;
  out.rates.cpu_bytes_per_s = 29.5e9;
  out.rates.cpu_overhead_s = 3.25e-6;
  out.rates.cpu_ops_per_s = {1, 2, 3, 4};
  out.rates.device_ops_per_s = {5, 6, 7, 8.5};
  out.rates.launch_s = 1e-5;
  return out;
}

class CalibrationFile : public ::testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/weir_calibration_XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    dir_ = path;
    file_ = dir_ + "/calibration.json";
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
  std::string file_;
};

TEST(Calibration, ReadsBackWhatItWrote) {
  const Calibration want = sample();
  const auto got = parse_calibration(calibration_json(want));
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(got->of, want.of);
  EXPECT_EQ(got->at_us, want.at_us);
  EXPECT_TRUE(got->measured.cpu && got->measured.device);
  EXPECT_EQ(calibration_json(*got), calibration_json(want));
  EXPECT_EQ(got->rates.device_ops_per_s, want.rates.device_ops_per_s);
}

TEST(Calibration, RefusesWhatIsNone) {
  const std::string good = calibration_json(sample());
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    EXPECT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
    const auto read = parse_calibration(text);
    return !read && read.error().code() == Code::kDataLoss ? read.error().message() : "accepted";
  };
  EXPECT_EQ(refused("\"weir_calibration\":1", "\"weir_calibration\":2"),
            "no calibration of format 1");
  EXPECT_EQ(refused("\"cores\":2", "\"cores\":\"2\""), "a member is missing or has another type");
  EXPECT_EQ(refused("\"driver\"", "\"drive\""), "a member is missing or has another type");
  EXPECT_EQ(refused("2.95e+10", "-1"), "rates.cpu_bytes_per_s is no positive number");
  EXPECT_EQ(refused("\"launch_s\":", "\"launch\":"), "rates.launch_s is no positive number");
  EXPECT_EQ(refused("{", "[").substr(0, 9), "no JSON: ");
  EXPECT_FALSE(parse_calibration(""));
  EXPECT_FALSE(parse_calibration("null"));
}

TEST_F(CalibrationFile, CountsOnTheSameMachineOnly) {
  const Calibration measured = sample();
  ASSERT_TRUE(save_calibration(file_, measured).is_ok());
  ASSERT_TRUE(save_calibration(file_, measured).is_ok()) << "over the old one";
  const Rates built_in;

  const LoadedRates same = load_rates(file_, measured.of);
  EXPECT_TRUE(same.measured.cpu && same.measured.device);
  EXPECT_TRUE(same.ignored.empty());
  EXPECT_EQ(same.rates.cpu_bytes_per_s, 29.5e9);
  EXPECT_EQ(same.rates.device_ops_per_s[3], 8.5);

  RatesFor here = measured.of;
  here.driver = "575";
  const LoadedRates newer = load_rates(file_, here);
  EXPECT_TRUE(newer.measured.cpu);
  EXPECT_FALSE(newer.measured.device);
  EXPECT_EQ(newer.rates.cpu_bytes_per_s, 29.5e9);
  EXPECT_EQ(newer.rates.device_ops_per_s, built_in.device_ops_per_s);
  ASSERT_EQ(newer.ignored.size(), 1U);
  EXPECT_EQ(newer.ignored[0], "device: measured on H GPU-1 driver 570, this is H GPU-1 driver 575");

  here = measured.of;
  here.cores = 4;
  const LoadedRates other = load_rates(file_, here);
  EXPECT_FALSE(other.measured.cpu);
  EXPECT_TRUE(other.measured.device);
  EXPECT_EQ(other.rates.cpu_ops_per_s, built_in.cpu_ops_per_s);
  EXPECT_EQ(other.rates.launch_s, 1e-5);

  here = measured.of;
  here.device = here.uuid = here.driver = "";
  EXPECT_FALSE(load_rates(file_, here).measured.device);
}

TEST_F(CalibrationFile, DoesWithoutOneAndIgnoresADamagedOne) {
  const LoadedRates none = load_rates(file_, this_machine());
  EXPECT_TRUE(none.ignored.empty());
  EXPECT_FALSE(none.measured.cpu);
  std::ofstream(file_) << "{";
  const LoadedRates damaged = load_rates(file_, this_machine());
  ASSERT_EQ(damaged.ignored.size(), 1U);
  EXPECT_NE(damaged.ignored[0].find(file_), std::string::npos);
  EXPECT_EQ(damaged.rates.cpu_bytes_per_s, Rates().cpu_bytes_per_s);
}

TEST_F(CalibrationFile, SaysWhereItCouldNotBeWritten) {
  const Status status = save_calibration(dir_ + "/missing/c.json", sample());
  EXPECT_FALSE(status.is_ok());
  EXPECT_NE(status.to_string().find("/missing/"), std::string::npos);
}

TEST(Calibration, NamesThisMachine) {
  const RatesFor machine = this_machine();
  EXPECT_GE(machine.cores, 1U);
  EXPECT_TRUE(machine.device.empty());
  DeviceInfo info;
  info.kind = Kind::kSim;
  info.name = "simulated device";
  EXPECT_EQ(rates_for(machine, info).device, "simulated device");
  info.kind = Kind::kCpu;
  EXPECT_EQ(rates_for(machine, info), machine);
}

TEST(Calibration, MeasuresTheProcessors) {
  Rates rates;
  const Rates built_in;
  ASSERT_TRUE(measure_cpu(rates, {.seconds_max = 0.2, .buffer_bytes = 8 << 20}).is_ok());
  EXPECT_GT(rates.cpu_bytes_per_s, 1e8);
  EXPECT_GT(rates.cpu_bytes_per_s_all, 1e8);
  EXPECT_GT(rates.cpu_ops_per_s[0], 1e8);
  EXPECT_GT(rates.cpu_ops_per_s[1], rates.cpu_ops_per_s[0]) << "twice as many lanes";
  EXPECT_GT(rates.cpu_overhead_s, 1e-8);
  EXPECT_LT(rates.cpu_overhead_s, 0.1);
  EXPECT_NE(rates.cpu_bytes_per_s, built_in.cpu_bytes_per_s);
  EXPECT_EQ(rates.device_ops_per_s, built_in.device_ops_per_s) << "nobody measured the device";
  EXPECT_GT(rates.cpu_ops_per_s[2], rates.cpu_ops_per_s[1]) << "bf16 beyond f32";
  EXPECT_GT(rates.cpu_ops_per_s[3], rates.cpu_ops_per_s[2]) << "int8 beyond bf16";
}

TEST(Calibration, MeasuresADevice) {
  auto device = *Device::create(cpu::make_driver(64 << 20), {}, system_clock());
  Rates rates;
  const Rates built_in;
  ASSERT_TRUE(
      measure_device(*device, rates, {.seconds_max = 0.1, .buffer_bytes = 8 << 20}).is_ok());
  EXPECT_GT(rates.link_up_bytes_per_s, 1e7);
  EXPECT_GT(rates.link_down_bytes_per_s, 1e7);
  EXPECT_GT(rates.device_bytes_per_s, 1e7);
  EXPECT_GT(rates.launch_s, 0);
  EXPECT_LT(rates.launch_s, 0.1);
  EXPECT_NE(rates.launch_s, built_in.launch_s);
  EXPECT_EQ(rates.device_ops_per_s, built_in.device_ops_per_s);
  EXPECT_EQ(rates.cpu_bytes_per_s, built_in.cpu_bytes_per_s);
  EXPECT_EQ(device->budget().reserved(), 0U);
}

TEST(Calibration, KeepsRatesWhenTheDeviceFails) {
  auto device = *Device::create(sim::make_driver({.lose_at_op = 20}, 64 << 20), {}, system_clock());
  Rates rates;
  const Status status = measure_device(*device, rates, {.seconds_max = 0.1});
  EXPECT_FALSE(status.is_ok());
  EXPECT_EQ(rates.launch_s, Rates().launch_s);
}

}  // namespace
}  // namespace weir::device
