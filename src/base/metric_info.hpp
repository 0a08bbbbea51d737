// What the schema says of a metric. The table itself, kMetricTable, is generated from metrics.toml.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

// Bucket sets of histograms. kSeconds counts nanoseconds and shows seconds; kEvents counts and
// shows plain numbers; kRatio counts thousandths and shows ratios.
enum class MetricBuckets : std::uint8_t { kSeconds, kEvents, kRatio };

struct MetricLabel {
  std::string_view name;
  std::span<const std::string_view> values;  // the only ones allowed; empty: any, up to the bound
  std::uint32_t bound = 0;
};

struct MetricInfo {
  std::string_view name;
  std::string_view help;
  std::string_view unit;
  MetricType type = MetricType::kCounter;
  MetricBuckets buckets = MetricBuckets::kSeconds;
  std::span<const MetricLabel> labels;
  bool lazy = false;  // shown only once it is set; as a gauge, only while it is a number
};

}  // namespace weir
