// LatencyHistogram: counts non-negative 64-bit values (nanoseconds, bytes) in log-linear buckets
// with a relative error of at most 1/128 (0.8 %), over the whole range, in 60 KiB.
//
//   LatencyHistogram histogram;
//   histogram.record(clock.mono_ns() - scheduled_ns);
//   std::uint64_t p99 = histogram.percentile(99.0);
//
// Values below 128 are exact; above, each power of two is cut into 128 equal buckets. Histograms
// add up, so each thread can keep its own. AtomicLatencyHistogram is the same for several writers.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "base/check.hpp"

namespace weir {

namespace histogram_internal {
constexpr unsigned kPrecisionBits = 7;
constexpr std::size_t kLinear = std::size_t{1} << kPrecisionBits;
constexpr std::size_t kBuckets = kLinear * (64 - kPrecisionBits + 1);

constexpr std::size_t bucket_of(std::uint64_t value) {
  if (value < kLinear) return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kPrecisionBits;
  return (std::size_t{shift} + 1) * kLinear + static_cast<std::size_t>((value >> shift) - kLinear);
}
// Returns the largest value that falls into the bucket.
constexpr std::uint64_t bucket_upper(std::size_t bucket) {
  if (bucket < kLinear) return bucket;
  const std::size_t shift = bucket / kLinear - 1;
  return ((kLinear + bucket % kLinear + 1) << shift) - 1;
}
}  // namespace histogram_internal

class LatencyHistogram {
 public:
  LatencyHistogram() : counts_(std::make_unique<Counts>()) {}
  LatencyHistogram(const LatencyHistogram& other) : LatencyHistogram() { *this = other; }
  LatencyHistogram& operator=(const LatencyHistogram& other) {
    if (this == &other) return *this;
    *counts_ = *other.counts_;
    count_ = other.count_;
    sum_ = other.sum_;
    min_ = other.min_;
    max_ = other.max_;
    return *this;
  }

  // Counts one value; negative durations (a clock that stepped) count as 0. No allocation.
  void record(std::int64_t value) {
    record_n(value < 0 ? 0 : static_cast<std::uint64_t>(value), 1);
  }
  void record_n(std::uint64_t value, std::uint64_t times) {
    if (times == 0) return;
    (*counts_)[histogram_internal::bucket_of(value)] += times;
    count_ += times;
    sum_ += static_cast<double>(value) * static_cast<double>(times);
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }

  // Adds all that `other` has counted.
  void merge(const LatencyHistogram& other) {
    for (std::size_t i = 0; i < counts_->size(); ++i) (*counts_)[i] += (*other.counts_)[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }
  void clear() { *this = LatencyHistogram(); }

  // Returns the smallest recorded bucket's upper end such that at least `percent` of the values are
  // no greater: within 0.8 % above the exact order statistic, never above max(). percent in [0,
  // 100]; 0 if empty.
  std::uint64_t percentile(double percent) const {
    CHECK(percent >= 0.0 && percent <= 100.0);
    if (count_ == 0) return 0;
    const double exact_rank = percent / 100.0 * static_cast<double>(count_);
    auto rank = static_cast<std::uint64_t>(exact_rank);
    if (static_cast<double>(rank) < exact_rank) ++rank;
    rank = std::clamp<std::uint64_t>(rank, 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_->size(); ++i) {
      seen += (*counts_)[i];
      if (seen >= rank) {
        return std::clamp(histogram_internal::bucket_upper(i), min_, max_);
      }
    }
    return max_;
  }

  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }
  double mean() const { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }
  std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  std::uint64_t max() const { return max_; }

 private:
  friend class AtomicLatencyHistogram;
  using Counts = std::array<std::uint64_t, histogram_internal::kBuckets>;
  std::unique_ptr<Counts> counts_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  std::uint64_t min_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max_ = 0;
};

// Counts from several threads at once: one relaxed add a value. Sum and extremes follow from the
// buckets, so they carry the bucket's error.
class AtomicLatencyHistogram {
 public:
  AtomicLatencyHistogram() : counts_(std::make_unique<Counts>()) {}
  void record(std::int64_t value) {
    const auto at =
        histogram_internal::bucket_of(value < 0 ? 0 : static_cast<std::uint64_t>(value));
    (*counts_)[at].fetch_add(1, std::memory_order_relaxed);
  }
  // Returns what was counted so far; values recorded meanwhile are in or out. Thread-safe.
  LatencyHistogram snapshot() const {
    LatencyHistogram out;
    for (std::size_t i = 0; i < counts_->size(); ++i) {
      const std::uint64_t times = (*counts_)[i].load(std::memory_order_relaxed);
      if (times != 0) out.record_n(histogram_internal::bucket_upper(i), times);
    }
    return out;
  }

 private:
  using Counts = std::array<std::atomic<std::uint64_t>, histogram_internal::kBuckets>;
  std::unique_ptr<Counts> counts_;
};

}  // namespace weir
