#include "base/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include "base/rng.hpp"

namespace weir {
namespace {

using histogram_internal::bucket_of;
using histogram_internal::bucket_upper;

TEST(LatencyHistogram, BucketsCoverEveryValueWithoutGapOrOverlap) {
  std::uint64_t lower = 0;
  for (std::size_t bucket = 0; bucket < histogram_internal::kBuckets; ++bucket) {
    const std::uint64_t upper = bucket_upper(bucket);
    ASSERT_EQ(bucket_of(lower), bucket);
    ASSERT_EQ(bucket_of(upper), bucket);
    ASSERT_LE(static_cast<double>(upper - lower), static_cast<double>(lower) / 128);
    lower = upper + 1;
  }
  EXPECT_EQ(lower, 0U);  // the last bucket ends at the largest value
}

TEST(LatencyHistogram, GivesNothingWhenEmpty) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.percentile(50), 0U);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.mean(), 0.0);
}

TEST(LatencyHistogram, GivesPercentilesWithinOnePercentOfTheExactOnes) {
  constexpr std::uint64_t kSeed = 20261121;
  Philox rng(kSeed, 0);
  LatencyHistogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t value = rng.next_u64() >> (24 + rng.next_below(40));
    values.push_back(value);
    histogram.record(static_cast<std::int64_t>(value));
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {0.0, 1.0, 25.0, 50.0, 95.0, 99.0, 99.9, 99.99, 100.0}) {
    const double exact_rank = percent / 100 * static_cast<double>(values.size());
    auto rank = static_cast<std::size_t>(exact_rank);
    if (static_cast<double>(rank) < exact_rank || rank == 0) ++rank;
    const std::uint64_t exact = values[rank - 1];
    const std::uint64_t given = histogram.percentile(percent);
    EXPECT_GE(given, exact) << percent << " seed " << kSeed;
    EXPECT_LE(static_cast<double>(given), static_cast<double>(exact) * 1.008) << percent;
  }
  EXPECT_EQ(histogram.percentile(100), values.back());
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.min(), values.front());
}

TEST(LatencyHistogram, MergesToWhatOneWouldHaveCounted) {
  Philox rng(1, 0);
  LatencyHistogram one;
  LatencyHistogram left;
  LatencyHistogram right;
  for (int i = 0; i < 1000; ++i) {
    const auto value = static_cast<std::int64_t>(rng.next_u32());
    one.record(value);
    (i % 3 == 0 ? left : right).record(value);
  }
  left.merge(right);
  EXPECT_EQ(left.count(), one.count());
  EXPECT_EQ(left.min(), one.min());
  EXPECT_EQ(left.max(), one.max());
  EXPECT_DOUBLE_EQ(left.sum(), one.sum());
  for (const double percent : {10.0, 50.0, 99.0}) {
    EXPECT_EQ(left.percentile(percent), one.percentile(percent));
  }
  left.clear();
  EXPECT_EQ(left.count(), 0U);
}

TEST(LatencyHistogram, CountsNegativeDurationsAsZero) {
  LatencyHistogram histogram;
  histogram.record(-5);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.max(), 0U);
  histogram.record(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.percentile(100), 0x7FFFFFFFFFFFFFFFU);
}

TEST(AtomicLatencyHistogram, CountsFromSeveralThreads) {
  AtomicLatencyHistogram histogram;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 1; i <= 1000; ++i) histogram.record(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const LatencyHistogram all = histogram.snapshot();
  EXPECT_EQ(all.count(), 4000U);
  EXPECT_NEAR(static_cast<double>(all.percentile(50)), 500, 500 * 0.008);
}

}  // namespace
}  // namespace weir
