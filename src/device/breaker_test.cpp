#include "device/breaker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace weir::device {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

class BreakerTest : public ::testing::Test {
 protected:
  void fail_times(int times) {
    for (int i = 0; i < times; ++i) breaker_.failed("launch failed");
  }
  void pass(std::int64_t us) { clock_.advance_us(us); }

  ManualClock clock_{1'000 * kSecond};
  Breaker breaker_{BreakerOptions{}, clock_};
};

TEST_F(BreakerTest, OpensAtTheFifthFailureWithinTheWindow) {
  EXPECT_EQ(breaker_.admit(), Admission::kYes);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker_.failed("x"));
  EXPECT_EQ(breaker_.view().failures, 4U);
  EXPECT_EQ(breaker_.admit(), Admission::kYes);
  pass(60 * kSecond - 1);
  EXPECT_TRUE(breaker_.failed("launch failed"));
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  EXPECT_EQ(breaker_.view().reason, "launch failed");
  EXPECT_EQ(breaker_.view().since_us, clock_.wall_us());
  EXPECT_EQ(breaker_.admit(), Admission::kNo);
}

TEST_F(BreakerTest, ForgetsFailuresAsOldAsTheWindow) {
  fail_times(4);
  pass(60 * kSecond);
  EXPECT_EQ(breaker_.view().failures, 0U);
  EXPECT_FALSE(breaker_.failed("x"));
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  EXPECT_EQ(breaker_.view().failures, 1U);
}

TEST_F(BreakerTest, ProbesOnceItsTimeIsUpWithOneCaller) {
  fail_times(5);
  pass(30 * kSecond - 1);
  EXPECT_EQ(breaker_.admit(), Admission::kNo);
  pass(1);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen) << "nobody asked yet";
  EXPECT_EQ(breaker_.admit(), Admission::kProbe);
  EXPECT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  EXPECT_EQ(breaker_.admit(), Admission::kNo);
}

TEST_F(BreakerTest, ClosesAfterAGoodProbeAndForgetsAll) {
  fail_times(5);
  pass(30 * kSecond);
  ASSERT_EQ(breaker_.admit(), Admission::kProbe);
  breaker_.probed(true);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  EXPECT_EQ(breaker_.admit(), Admission::kYes);
  fail_times(4);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  fail_times(1);
  EXPECT_EQ(breaker_.view().open_for_us, 30 * kSecond) << "not doubled after a good probe";
  EXPECT_EQ(breaker_.view().opened, 2U);
}

TEST_F(BreakerTest, DoublesItsTimeAfterABadProbeUpToTenMinutes) {
  fail_times(5);
  for (const std::int64_t seconds : {30, 60, 120, 240, 480, 600, 600}) {
    EXPECT_EQ(breaker_.view().open_for_us, seconds * kSecond);
    pass(seconds * kSecond - 1);
    EXPECT_EQ(breaker_.admit(), Admission::kNo);
    pass(1);
    ASSERT_EQ(breaker_.admit(), Admission::kProbe);
    breaker_.probed(false, "self-test differs");
    EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  }
  EXPECT_EQ(breaker_.view().reason, "self-test differs");
}

TEST_F(BreakerTest, IgnoresFailuresOfWorkThatBeganBefore) {
  fail_times(5);
  EXPECT_FALSE(breaker_.failed("late"));
  pass(30 * kSecond);
  ASSERT_EQ(breaker_.admit(), Admission::kProbe);
  EXPECT_FALSE(breaker_.failed("later"));
  EXPECT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  breaker_.probed(true);
  EXPECT_EQ(breaker_.view().failures, 0U);
  EXPECT_EQ(breaker_.view().reason, "launch failed");
}

TEST_F(BreakerTest, StaysDead) {
  fail_times(5);
  pass(30 * kSecond);
  ASSERT_EQ(breaker_.admit(), Admission::kProbe);
  breaker_.kill("kernel hung");
  breaker_.probed(true);
  breaker_.kill("another reason");
  pass(3600 * kSecond);
  EXPECT_EQ(breaker_.admit(), Admission::kNo);
  EXPECT_FALSE(breaker_.failed("x"));
  EXPECT_EQ(breaker_.view().state, BreakerState::kDead);
  EXPECT_EQ(breaker_.view().reason, "kernel hung");
  EXPECT_EQ(breaker_state_name(breaker_.state()), "dead");
}

TEST(Breaker, HoldsLongOpenTimesWithoutCuttingThem) {
  ManualClock clock;
  Breaker breaker({.failures = 1, .open_us = 900 * kSecond}, clock);
  EXPECT_TRUE(breaker.failed("x"));
  clock.advance_us(900 * kSecond);
  ASSERT_EQ(breaker.admit(), Admission::kProbe);
  breaker.probed(false, "y");
  EXPECT_EQ(breaker.view().open_for_us, 900 * kSecond);
}

TEST(Breaker, GivesTheProbeToOneOfManyThreads) {
  ManualClock clock;
  Breaker breaker({.failures = 1, .open_us = kSecond}, clock);
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(breaker.failed("x"));
    clock.advance_us(kSecond);
    std::atomic<int> probes{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] { probes += breaker.admit() == Admission::kProbe ? 1 : 0; });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(probes.load(), 1);
    breaker.probed(true);
  }
}

}  // namespace
}  // namespace weir::device
