// MetricRegistry: counters, gauges and histograms of the schema src/base/metrics.toml, and their
// Prometheus text.
//
//   Counter refused = registry.counter(Metric::kRefusedTotal, {"queue_full"});   // once
//   refused.add();                                                              // hot path
//   registry.gauge(Metric::kQueueBytes).set(bytes);
//   registry.histogram(Metric::kCommitSeconds).observe(elapsed_ns);
//   registry.write_prometheus(text);
//
// Handles are small, copyable, and valid as long as the registry. Getting one takes a lock and may
// allocate; using one is a relaxed add to a cache line of the calling thread's shard, without lock
// or allocation.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/metric_names.hpp"

namespace weir {

namespace metrics_internal {

inline constexpr std::size_t kShards = 8;
inline constexpr std::size_t kBucketsMax = 15;

// Returns the calling thread's shard; threads are dealt out in turn.
std::size_t this_shard();

struct alignas(64) CounterCell {
  std::atomic<std::uint64_t> value{0};
};
struct alignas(64) HistogramCell {
  std::array<std::atomic<std::uint64_t>, kBucketsMax + 1>
      counts{};  // the last one: beyond all bounds
  std::atomic<std::uint64_t> sum{0};
};
using CounterCells = std::array<CounterCell, kShards>;
struct HistogramCells {
  std::array<std::uint64_t, kBucketsMax> bounds{};  // upper ends, ascending, the rest unused
  std::size_t bounds_count = 0;
  std::array<HistogramCell, kShards> shards;
};

}  // namespace metrics_internal

class Counter {
 public:
  // Nanoseconds for counters in seconds.
  void add(std::uint64_t count = 1) const {
    (*cells_)[metrics_internal::this_shard()].value.fetch_add(count, std::memory_order_relaxed);
  }

 private:
  friend class MetricRegistry;
  explicit Counter(metrics_internal::CounterCells* cells) : cells_(cells) {}
  metrics_internal::CounterCells* cells_;
};

class Gauge {
 public:
  template <class T>
  void set(T value) const {
    value_->store(static_cast<double>(value), std::memory_order_relaxed);
  }
  template <class T>
  void add(T delta) const {
    value_->fetch_add(static_cast<double>(delta), std::memory_order_relaxed);
  }

 private:
  friend class MetricRegistry;
  explicit Gauge(std::atomic<double>* value) : value_(value) {}
  std::atomic<double>* value_;
};

class Histogram {
 public:
  // Counts one value: nanoseconds for histograms in seconds, thousandths for ratios, plain numbers
  // otherwise. Negative counts as 0.
  void observe(std::int64_t value) const {
    const std::uint64_t counted = value < 0 ? 0 : static_cast<std::uint64_t>(value);
    std::size_t at = 0;
    while (at < cells_->bounds_count && counted > cells_->bounds[at]) ++at;
    auto& cell = cells_->shards[metrics_internal::this_shard()];
    cell.counts[at].fetch_add(1, std::memory_order_relaxed);
    cell.sum.fetch_add(counted, std::memory_order_relaxed);
  }

 private:
  friend class MetricRegistry;
  explicit Histogram(metrics_internal::HistogramCells* cells) : cells_(cells) {}
  metrics_internal::HistogramCells* cells_;
};

// Thread-safe.
class MetricRegistry {
 public:
  using Labels = std::initializer_list<std::string_view>;

  // Metrics whose label values are all known exist from the start, at 0; lazy ones do not.
  MetricRegistry();
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // Return the series of a metric, one label value for each label in the schema's order. CHECKs the
  // type, the number of labels and, where the schema lists them, the values; beyond a label's bound
  // the value is "other".
  Counter counter(Metric metric, Labels labels = {});
  Gauge gauge(Metric metric, Labels labels = {});
  Histogram histogram(Metric metric, Labels labels = {});

  // Returns the value of a counter or gauge, or a histogram's count; 0 if the series does not
  // exist.
  double value(Metric metric, Labels labels = {}) const;
  // Returns the sum over all series of a counter or gauge.
  double total(Metric metric) const;

  // Registers a function that is called before each exposition, to set gauges that are cheaper to
  // read than to keep. It must not expose.
  void add_collector(std::function<void()> collect);

  // Appends all series as Prometheus text, format 0.0.4, in the schema's order.
  void write_prometheus(std::string& out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Returns the schema's entry.
const MetricInfo& metric_info(Metric metric);

}  // namespace weir
