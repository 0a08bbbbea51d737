#include "profile/edge_table.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "profile/pair_hash.hpp"

namespace weir::profile {
namespace {

constexpr std::uint32_t kNow = 1'767'607'200;
constexpr std::uint32_t kDay = 86'400;

TEST(EdgeTable, TellsNewRepeatedAndReciprocal) {
  EdgeTable edges(64);
  const std::uint64_t hash = pair_hash(4, 9);
  EXPECT_EQ(edges.touch(hash, true, kNow).forward, 0.0F);
  EXPECT_EQ(edges.touch(hash, true, kNow).forward, 1.0F);
  const EdgeCounts back = edges.touch(hash, false, kNow);
  EXPECT_EQ(back.forward, 0.0F);
  EXPECT_EQ(back.backward, 2.0F);
  EXPECT_EQ(edges.read(hash, false, kNow).forward, 1.0F);
  EXPECT_EQ(edges.evictions(), 0U);
}

TEST(EdgeTable, ForgetsOverThirtyDays) {
  EdgeTable edges(64);
  const std::uint64_t hash = pair_hash(1, 2);
  edges.touch(hash, true, kNow);
  EXPECT_NEAR(edges.read(hash, true, kNow + 30 * kDay).forward, std::exp(-1.0), 0.002);
  // A late event counts less and does not turn the clock back.
  edges.touch(hash, true, kNow - 30 * kDay);
  EXPECT_NEAR(edges.read(hash, true, kNow).forward, 1.0 + std::exp(-1.0), 0.002);
}

TEST(EdgeTable, GivesUpTheOldestThenTheLowestEntry) {
  EdgeTable edges(64);
  const std::uint64_t line = 5;
  const auto hash = [&](std::uint64_t print) { return print << 32 | line; };
  for (std::uint32_t i = 1; i <= 4; ++i) edges.touch(hash(i), true, kNow + (i == 3 ? 0 : 10));
  edges.touch(hash(5), true, kNow + 20);  // the third is oldest
  EXPECT_EQ(edges.read(hash(3), true, kNow + 20).forward, 0.0F);
  edges.touch(hash(6), true, kNow + 20);  // now the first, the lowest of equals
  EXPECT_EQ(edges.read(hash(1), true, kNow + 20).forward, 0.0F);
  EXPECT_EQ(edges.read(hash(2), true, kNow + 20).forward, 1.0F);
  EXPECT_EQ(edges.evictions(), 2U);
}

TEST(EdgeTable, CountsAPaymentToOneselfAsForwardOnly) {
  EdgeTable edges(64);
  const std::uint64_t hash = pair_hash(7, 7);
  edges.touch(hash, true, kNow);
  EXPECT_EQ(edges.read(hash, true, kNow).forward, 1.0F);
  EXPECT_EQ(edges.read(hash, true, kNow).backward, 0.0F);
}

TEST(EdgeTable, SaturatesTheClockIn2106) {
  EXPECT_EQ(edge_second(7'289'654'399'999'999), UINT32_MAX);
  EXPECT_EQ(edge_second(1'767'607'200'999'999), kNow);
}

}  // namespace
}  // namespace weir::profile
