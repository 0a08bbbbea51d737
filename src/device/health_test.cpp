#include "device/health.hpp"

#include <gtest/gtest.h>

#include <future>

#include "device/testing/fake_nvml/fake_nvml.hpp"

namespace weir::device {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
const std::string kLibrary = WEIR_FAKE_NVML "/libfake_nvml.so";
const std::string kBare = WEIR_FAKE_NVML "/libfake_nvml_bare.so";

class HealthTest : public ::testing::Test {
 protected:
  void SetUp() override { open(kLibrary); }
  void open(const std::string& path) {
    monitor_.reset();
    auto nvml = Nvml::open(path);
    ASSERT_TRUE(nvml) << nvml.error().to_string();
    nvml_ = std::move(*nvml);
    fake_ = &fake_nvml(path);
    state_.available = true;
    make(nvml_.get());
  }
  void make(Nvml* nvml) {
    const Nvml::Gpu gpu = nvml == nullptr ? Nvml::Gpu() : *nvml->find({});
    monitor_ = std::make_unique<HealthMonitor>(
        HealthOptions{}, nvml, gpu, [this] { return state_; }, clock_);
  }
  std::string verdict() {
    const HealthSample sample = monitor_->poll();
    std::string text(health_verdict_name(sample.verdict));
    for (const std::string& reason : sample.reasons) text += "; " + reason;
    return text;
  }

  ManualClock clock_{1'000 * kSecond};
  std::unique_ptr<Nvml> nvml_;
  FakeNvml* fake_ = nullptr;
  DeviceState state_;
  std::unique_ptr<HealthMonitor> monitor_;
};

TEST_F(HealthTest, IsOkWhenNothingIsWrong) {
  EXPECT_EQ(monitor_->latest().verdict, HealthVerdict::kUnavailable) << "nothing polled yet";
  EXPECT_EQ(verdict(), "ok");
  const HealthSample latest = monitor_->latest();
  EXPECT_EQ(latest.verdict, HealthVerdict::kOk);
  EXPECT_EQ(latest.at_us, clock_.wall_us());
  EXPECT_EQ(latest.gpu.temperature_c, 61U);
  EXPECT_EQ(latest.xids, 0U);
  EXPECT_FALSE(latest.last_xid);
}

TEST_F(HealthTest, FollowsTheTemperature) {
  fake_->temperature = 82;
  EXPECT_EQ(verdict(), "ok");
  fake_->temperature = 83;
  EXPECT_EQ(verdict(), "degraded; temperature is 83 of 83 degrees");
  fake_->temperature = 89;
  EXPECT_EQ(verdict(), "degraded; temperature is 89 of 83 degrees");
  fake_->temperature = 90;
  EXPECT_EQ(verdict(), "critical; temperature is 90 of 90 degrees");
  fake_->temperature = 60;
  EXPECT_EQ(verdict(), "ok");
}

TEST_F(HealthTest, IsDegradedWhenClocksAreLoweredByHeatOrPowerSupply) {
  for (const unsigned long long fine : {0x1ULL, 0x2ULL, 0x4ULL, 0x10ULL, 0x100ULL}) {
    fake_->throttle = fine;
    EXPECT_EQ(verdict(), "ok") << fine;
  }
  fake_->throttle = 0x8 | 0x40 | 0x1;
  EXPECT_EQ(verdict(), "degraded; clocks are lowered: hw_slowdown, hw_thermal_slowdown");
}

TEST_F(HealthTest, IsCriticalForTenMinutesAfterAnXid) {
  EXPECT_EQ(verdict(), "ok");
  fake_->xids[0] = 48;
  fake_->xids[1] = 79;
  fake_->xid_count = 2;
  EXPECT_EQ(verdict(), "critical; the driver reported Xid 79");
  clock_.advance_us(600 * kSecond - 1);
  EXPECT_EQ(verdict(), "critical; the driver reported Xid 79");
  clock_.advance_us(1);
  const HealthSample sample = monitor_->poll();
  EXPECT_EQ(sample.verdict, HealthVerdict::kOk);
  EXPECT_EQ(sample.xids, 2U);
  EXPECT_EQ(sample.last_xid, 79U);
}

TEST_F(HealthTest, IsDegradedAtMostByTheXidsOfPrograms) {
  for (const unsigned long long xid : {13ULL, 31ULL, 43ULL, 45ULL}) {
    fake_->xids[0] = xid;
    fake_->xid_count = 1;
    EXPECT_EQ(verdict(), "degraded; the driver reported Xid " + std::to_string(xid));
  }
  fake_->xids[0] = 79;
  fake_->xids[1] = 31;
  fake_->xid_count = 2;
  EXPECT_EQ(verdict(), "critical; the driver reported Xid 79") << "the device's is worse";
  EXPECT_EQ(monitor_->latest().xids, 6U) << "all are counted";
  clock_.advance_us(600 * kSecond);
  EXPECT_EQ(verdict(), "ok");
}

TEST_F(HealthTest, IsCriticalWhenUncorrectedErrorsRise) {
  fake_->ecc_uncorrected = 7;
  EXPECT_EQ(verdict(), "ok") << "they were there before";
  fake_->ecc_uncorrected = 8;
  EXPECT_EQ(verdict(), "critical; uncorrected memory errors rose to 8");
  clock_.advance_us(600 * kSecond);
  EXPECT_EQ(verdict(), "ok");
  fake_->ecc_uncorrected = 0;  // the driver was loaded anew
  EXPECT_EQ(verdict(), "ok");
}

TEST_F(HealthTest, FollowsTheBreaker) {
  state_.breaker.reason = "launch failed";
  state_.breaker.state = BreakerState::kOpen;
  EXPECT_EQ(verdict(), "degraded; the breaker is open: launch failed");
  state_.breaker.state = BreakerState::kHalfOpen;
  EXPECT_EQ(verdict(), "degraded; the breaker is half_open: launch failed");
  state_.breaker.state = BreakerState::kDead;
  state_.available = false;
  EXPECT_EQ(verdict(), "critical; the breaker is dead: launch failed");
}

TEST_F(HealthTest, IsDegradedForAMinuteAfterSpilling) {
  EXPECT_EQ(verdict(), "ok");
  state_.spilled_bytes = 4096;
  EXPECT_EQ(verdict(), "degraded; device memory was spilled within the last minute");
  clock_.advance_us(60 * kSecond - 1);
  EXPECT_NE(verdict(), "ok");
  clock_.advance_us(1);
  EXPECT_EQ(verdict(), "ok");
}

TEST_F(HealthTest, TellsAllReasonsOfTheWorstKind) {
  fake_->temperature = 95;
  fake_->throttle = 0x20;
  state_.breaker.state = BreakerState::kDead;
  EXPECT_EQ(verdict(), "critical; temperature is 95 of 90 degrees; the breaker is dead");
}

TEST_F(HealthTest, JudgesTheLastSampleByTheStateOfNow) {
  fake_->temperature = 84;
  EXPECT_EQ(verdict(), "degraded; temperature is 84 of 83 degrees");
  state_.available = false;
  state_.reason = "device_lost";
  EXPECT_EQ(monitor_->latest().verdict, HealthVerdict::kDegraded) << "polled before";
  const HealthSample now = monitor_->current();
  EXPECT_EQ(now.verdict, HealthVerdict::kUnavailable);
  EXPECT_EQ(now.reasons, std::vector<std::string>{"device_lost"});
  EXPECT_EQ(now.gpu.temperature_c, 84U) << "as it was read last";
}

TEST_F(HealthTest, IsUnavailableWithItsReason) {
  state_.available = false;
  state_.reason = "no_device";
  EXPECT_EQ(verdict(), "unavailable; no_device");
  monitor_.reset();
  make(nullptr);
  EXPECT_EQ(verdict(), "unavailable; no_device");
  EXPECT_FALSE(monitor_->latest().gpu.temperature_c);
}

TEST_F(HealthTest, DoesWithWhatALibraryHas) {
  open(kBare);
  fake_->temperature = 90;
  EXPECT_EQ(verdict(), "critical; temperature is 90 of 90 degrees");
  fake_->temperature = 30;
  EXPECT_EQ(verdict(), "ok");
  EXPECT_FALSE(monitor_->latest().xids) << "nobody could count them";
  EXPECT_FALSE(monitor_->latest().gpu.power_mw);
}

TEST_F(HealthTest, PollsInAThreadOfItsOwnUntilStopped) {
  std::promise<HealthSample> first;
  bool told = false;
  monitor_->on_sample([&](const HealthSample& sample) {
    if (!told) first.set_value(sample);
    told = true;
  });
  monitor_->start();
  monitor_->start();
  EXPECT_EQ(first.get_future().get().verdict, HealthVerdict::kOk);
  monitor_->stop();
  monitor_->stop();
  EXPECT_EQ(monitor_->latest().verdict, HealthVerdict::kOk);
}

TEST_F(HealthTest, CostsLittleOfACore) {
  constexpr int kPolls = 100;
  for (int i = 0; i < kPolls; ++i) {
    clock_.advance_us(kSecond);
    static_cast<void>(monitor_->poll());
  }
  EXPECT_GT(monitor_->cpu_ns(), 0);
  EXPECT_LT(monitor_->cpu_share(), 0.05) << "of a core, polling once a second";
}

}  // namespace
}  // namespace weir::device
