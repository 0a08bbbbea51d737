#include "model/numeric/pool.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>
#include <vector>

namespace weir::model {
namespace {

std::unique_ptr<Pool> made(std::size_t values, std::size_t blocks, bool strict = false) {
  return std::move(
      *Pool::create({.name = "t", .block_values = values, .blocks = blocks, .strict = strict}));
}

TEST(Pool, LendsAlignedBlocksOfTheirOwn) {
  const auto pool = made(100, 8);
  std::vector<PooledBlock> taken;
  for (int i = 0; i < 8; ++i) {
    taken.push_back(*pool->take(100));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(taken.back().data()) % 64, 0U);
    std::fill_n(taken.back().data(), 100, i);
  }
  for (int i = 0; i < 8; ++i) {
    for (const double value : taken[static_cast<std::size_t>(i)].span()) ASSERT_EQ(value, i);
  }
}

TEST(Pool, LendsTheBlockGivenBackLastFirst) {
  const auto pool = made(16, 4);
  const double* first = nullptr;
  {
    const PooledBlock other = *pool->take(1);
    const PooledBlock block = *pool->take(16);
    first = block.data();
    EXPECT_NE(other.data(), first);
  }
  const PooledBlock a = *pool->take(16);
  const PooledBlock b = *pool->take(16);
  EXPECT_TRUE(a.data() == first || b.data() == first);
  EXPECT_EQ(pool->stats().hits, 4U);
}

TEST(Pool, CountsHitsMissesAndWhatIsOut) {
  const auto pool = made(16, 2);
  {
    std::vector<PooledBlock> taken;
    for (int i = 0; i < 3; ++i) taken.push_back(*pool->take(16));
    taken.push_back(*pool->take(17));  // never fits
    EXPECT_EQ(pool->stats().hits, 2U);
    EXPECT_EQ(pool->stats().misses, 2U);
    EXPECT_EQ(pool->stats().outstanding, 4U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(taken[3].data()) % 64, 0U);
    PooledBlock moved = std::move(taken[0]);
    EXPECT_EQ(moved.size(), 16U);
    EXPECT_EQ(pool->stats().outstanding, 4U);
  }
  EXPECT_EQ(pool->stats().outstanding, 0U);
}

TEST(Pool, RefusesMissesWhenStrict) {
  const auto pool = made(16, 1, true);
  const PooledBlock block = *pool->take(16);
  const auto second = pool->take(16);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kResourceExhausted);
  EXPECT_NE(second.error().message().find("pool t is empty"), std::string::npos);
  EXPECT_FALSE(pool->take(17));
  EXPECT_EQ(pool->stats().misses, 2U);
  EXPECT_EQ(pool->stats().outstanding, 1U);
}

TEST(Pool, RefusesSizesThatCannotBe) {
  EXPECT_FALSE(Pool::create({.name = "t", .block_values = 0, .blocks = 1}));
  EXPECT_FALSE(Pool::create({.name = "t", .block_values = SIZE_MAX / 8, .blocks = 4}));
  EXPECT_FALSE(made(1, 0)->take(SIZE_MAX / 8));
}

TEST(Pool, StaysExactWhileThreadsTakeAndGive) {
  constexpr std::uint64_t kRounds = 20'000;
  constexpr unsigned kThreads = 4;
  const auto pool = made(8, 6);
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> torn{0};
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kRounds; ++i) {
        const PooledBlock a = *pool->take(8);
        const PooledBlock b = *pool->take(8);
        std::fill_n(a.data(), 8, t);
        std::fill_n(b.data(), 8, t + 100);
        for (const double value : a.span()) torn += value != t ? 1 : 0;
        for (const double value : b.span()) torn += value != t + 100 ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(torn.load(), 0U);
  EXPECT_EQ(pool->stats().hits + pool->stats().misses, 2 * kRounds * kThreads);
  EXPECT_EQ(pool->stats().outstanding, 0U);
  std::vector<PooledBlock> all;
  const std::uint64_t misses = pool->stats().misses;
  for (int i = 0; i < 6; ++i) all.push_back(*pool->take(8));
  EXPECT_EQ(pool->stats().misses, misses) << "a block was lost";
}

}  // namespace
}  // namespace weir::model
