#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(1'000);
  EXPECT_EQ(clock.wall_us(), 1'000);
  EXPECT_EQ(clock.mono_ns(), 1'000'000);
  clock.advance_us(5);
  EXPECT_EQ(clock.wall_us(), 1'005);
  clock.set_us(-1);
  EXPECT_EQ(clock.mono_ns(), -1'000);
}

TEST(SystemClock, ReadsAPlausibleTimeThatNeverRunsBackwards) {
  constexpr std::int64_t k2020Us = 1'577'836'800'000'000;
  EXPECT_GT(system_clock().wall_us(), k2020Us);
  const std::int64_t before = system_clock().mono_ns();
  EXPECT_GE(system_clock().mono_ns(), before);
}

}  // namespace
}  // namespace weir
