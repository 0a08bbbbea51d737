#include "base/ring.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

namespace weir {
namespace {

TEST(SpscRing, RefusesWhenFullAndWhenEmpty) {
  SpscRing<int> ring(3);
  EXPECT_EQ(ring.capacity(), 4U);
  int out = 0;
  EXPECT_FALSE(ring.pop(out));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
  EXPECT_FALSE(ring.push(9));
  EXPECT_EQ(ring.size(), 4U);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(ring.pop(out));
    EXPECT_EQ(out, i);
  }
  EXPECT_TRUE(ring.empty());
}

TEST(SpscRing, MovesItemsAndLeavesThemWhenFull) {
  SpscRing<std::unique_ptr<int>> ring(2);
  EXPECT_TRUE(ring.push(std::make_unique<int>(1)));
  EXPECT_TRUE(ring.push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(ring.push(std::move(third)));
  EXPECT_NE(third, nullptr);
  std::unique_ptr<int> out;
  EXPECT_TRUE(ring.pop(out));
  EXPECT_EQ(*out, 1);
}

TEST(SpscRing, TakesWhatFitsOfABatchAcrossTheEdge) {
  SpscRing<int> ring(8);
  std::array<int, 6> in = {1, 2, 3, 4, 5, 6};
  std::array<int, 8> out{};
  EXPECT_EQ(ring.push_batch(in), 6U);
  EXPECT_EQ(ring.push_batch(in), 2U);
  EXPECT_EQ(ring.pop_batch(std::span(out).first(5)), 5U);
  EXPECT_EQ(ring.push_batch(in), 5U);
  EXPECT_EQ(ring.pop_batch(out), 8U);
  EXPECT_EQ(out, (std::array<int, 8>{6, 1, 2, 1, 2, 3, 4, 5}));
  EXPECT_EQ(ring.pop_batch(out), 0U);
}

TEST(SpscRing, KeepsOrderBetweenTwoThreads) {
  constexpr std::uint64_t kCount = 200'000;
  SpscRing<std::uint64_t> ring(64);
  std::thread producer([&] {
    std::array<std::uint64_t, 7> batch{};
    for (std::uint64_t next = 0; next < kCount;) {
      const std::size_t size = std::min<std::uint64_t>(batch.size(), kCount - next);
      std::iota(batch.begin(), batch.end(), next);
      const std::size_t taken = ring.push_batch(std::span(batch).first(size));
      if (taken == 0) std::this_thread::yield();
      next += taken;
    }
  });
  std::array<std::uint64_t, 11> out{};
  std::uint64_t expected = 0;
  while (expected < kCount) {
    const std::size_t taken = ring.pop_batch(out);
    if (taken == 0) std::this_thread::yield();
    for (std::size_t i = 0; i < taken; ++i) ASSERT_EQ(out[i], expected++);
  }
  producer.join();
  EXPECT_TRUE(ring.empty());
}

TEST(BlockingQueue, RefusesWhenFullOrClosed) {
  BlockingQueue<int> queue(2);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_FALSE(queue.try_push(3));
  EXPECT_EQ(queue.pop(), 1);
  queue.close();
  EXPECT_FALSE(queue.try_push(4));
  EXPECT_FALSE(queue.push(4));
  EXPECT_EQ(queue.pop(), 2);  // what was queued can still be taken
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_TRUE(queue.pop_all().empty());
  EXPECT_TRUE(queue.closed());
}

TEST(BlockingQueue, GivesUpWaitingAfterTheTimeout) {
  BlockingQueue<int> queue(2);
  EXPECT_EQ(queue.pop_for(std::chrono::nanoseconds(1)), std::nullopt);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
  EXPECT_TRUE(queue.push(5));
  EXPECT_EQ(queue.pop_for(std::chrono::hours(1)), 5);
}

TEST(BlockingQueue, WakesAWaiterOnClose) {
  BlockingQueue<int> queue(1);
  std::thread waiter([&] { EXPECT_EQ(queue.pop(), std::nullopt); });
  queue.close();
  waiter.join();
}

TEST(BlockingQueue, LosesNothingBetweenManyProducersAndOneConsumer) {
  BlockingQueue<int> queue(4);
  std::vector<std::thread> producers;
  for (int t = 0; t < 4; ++t) {
    producers.emplace_back([&] {
      for (int i = 1; i <= 1000; ++i) EXPECT_TRUE(queue.push(int{i}));
    });
  }
  std::int64_t sum = 0;
  std::size_t taken = 0;
  while (taken < 4000) {
    for (const int item : queue.pop_all()) {
      sum += item;
      ++taken;
    }
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(sum, 4 * 500'500);
  EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace weir
