#include "base/metrics.hpp"

#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace weir {
namespace metrics_internal {

std::size_t this_shard() {
  static std::atomic<std::size_t> next{0};
  static thread_local const std::size_t shard =
      next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

}  // namespace metrics_internal

namespace {

using metrics_internal::CounterCells;
using metrics_internal::HistogramCells;

constexpr std::array<std::uint64_t, 15> kSecondsBoundsNs = {
    10'000,     25'000,     50'000,      100'000,     250'000,
    500'000,    1'000'000,  2'500'000,   5'000'000,   10'000'000,
    25'000'000, 50'000'000, 100'000'000, 250'000'000, 1'000'000'000};
constexpr std::array<std::uint64_t, 12> kEventsBounds = {1,    8,    64,   256,    512,    1024,
                                                         2048, 4096, 8192, 16'384, 32'768, 65'536};
constexpr std::array<std::uint64_t, 11> kRatioBoundsThousandths = {
    100, 200, 500, 800, 900, 1000, 1100, 1250, 2000, 5000, 10'000};
constexpr double kNsPerSecond = 1e9;
constexpr double kThousandths = 1e3;
constexpr std::size_t kEagerSeriesMax = 64;
constexpr std::string_view kOther = "other";

using LabelValues = std::vector<std::string>;

struct Series {
  std::unique_ptr<CounterCells> counter;
  std::unique_ptr<std::atomic<double>> gauge;
  std::unique_ptr<HistogramCells> histogram;
};

struct Family {
  std::map<LabelValues, Series> series;
  std::vector<std::set<std::string>> seen;  // a set a label without a list of values
};

std::span<const std::uint64_t> bounds_of(MetricBuckets buckets) {
  switch (buckets) {
    case MetricBuckets::kSeconds:
      return kSecondsBoundsNs;
    case MetricBuckets::kEvents:
      return kEventsBounds;
    case MetricBuckets::kRatio:
      return kRatioBoundsThousandths;
  }
  return {};
}

// What one that is shown is counted as.
double scale_of(MetricBuckets buckets) {
  if (buckets == MetricBuckets::kSeconds) return kNsPerSecond;
  return buckets == MetricBuckets::kRatio ? kThousandths : 1.0;
}

std::unique_ptr<HistogramCells> make_histogram(MetricBuckets buckets) {
  auto cells = std::make_unique<HistogramCells>();
  for (const std::uint64_t bound : bounds_of(buckets)) cells->bounds[cells->bounds_count++] = bound;
  return cells;
}

Series make_series(const MetricInfo& info) {
  Series series;
  switch (info.type) {
    case MetricType::kCounter:
      series.counter = std::make_unique<CounterCells>();
      break;
    case MetricType::kGauge:
      series.gauge = std::make_unique<std::atomic<double>>(0.0);
      break;
    case MetricType::kHistogram:
      series.histogram = make_histogram(info.buckets);
      break;
  }
  return series;
}

std::uint64_t sum_of(const CounterCells& cells) {
  std::uint64_t sum = 0;
  for (const auto& cell : cells) sum += cell.value.load(std::memory_order_relaxed);
  return sum;
}

double value_of(const MetricInfo& info, const Series& series) {
  if (series.counter) {
    const auto count = static_cast<double>(sum_of(*series.counter));
    return info.unit == "seconds" ? count / kNsPerSecond : count;
  }
  if (series.gauge) return series.gauge->load(std::memory_order_relaxed);
  std::uint64_t count = 0;
  for (const auto& shard : series.histogram->shards) {
    for (const auto& bucket : shard.counts) count += bucket.load(std::memory_order_relaxed);
  }
  return static_cast<double>(count);
}

bool shown(const MetricInfo& info, const Series& series) {
  return !info.lazy || !series.gauge || !std::isnan(value_of(info, series));
}

bool shown(const MetricInfo& info, const Family& family) {
  for (const auto& [values, series] : family.series) {
    if (shown(info, series)) return true;
  }
  return false;
}

void append_f64(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
  }
}

// Escapes what Prometheus text wants escaped inside label values.
void append_label_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

// Appends {a="x",le="0.1"} or nothing; `le` is left out if empty.
void append_labels(std::string& out, const MetricInfo& info, const LabelValues& values,
                   std::string_view le) {
  if (values.empty() && le.empty()) return;
  char separator = '{';
  for (std::size_t i = 0; i < values.size(); ++i) {
    out += separator;
    out += info.labels[i].name;
    out += "=\"";
    append_label_value(out, values[i]);
    out += '"';
    separator = ',';
  }
  if (!le.empty()) {
    out += separator;
    out += "le=\"";
    out += le;
    out += '"';
  }
  out += '}';
}

void append_sample(std::string& out, const MetricInfo& info, std::string_view suffix,
                   const LabelValues& values, std::string_view le, double value) {
  out += info.name;
  out += suffix;
  append_labels(out, info, values, le);
  out += ' ';
  append_f64(out, value);
  out += '\n';
}

void append_histogram(std::string& out, const MetricInfo& info, const LabelValues& values,
                      const HistogramCells& cells) {
  const double scale = scale_of(info.buckets);
  std::uint64_t cumulated = 0;
  std::uint64_t sum = 0;
  for (const auto& shard : cells.shards) sum += shard.sum.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i <= cells.bounds_count; ++i) {
    for (const auto& shard : cells.shards) {
      cumulated += shard.counts[i].load(std::memory_order_relaxed);
    }
    std::string le = "+Inf";
    if (i < cells.bounds_count) {
      le.clear();
      append_f64(le, static_cast<double>(cells.bounds[i]) / scale);
    }
    append_sample(out, info, "_bucket", values, le, static_cast<double>(cumulated));
  }
  append_sample(out, info, "_sum", values, {}, static_cast<double>(sum) / scale);
  append_sample(out, info, "_count", values, {}, static_cast<double>(cumulated));
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

}  // namespace

const MetricInfo& metric_info(Metric metric) {
  const auto at = static_cast<std::size_t>(metric);
  CHECK_LT(at, kMetricTable.size());
  return kMetricTable[at];
}

struct MetricRegistry::Impl {
  // Returns the label values that the series goes by: as given, or "other" beyond a bound.
  LabelValues admit(const MetricInfo& info, Family& family, Labels labels) {
    CHECK_EQ(labels.size(), info.labels.size());
    LabelValues values(labels.begin(), labels.end());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const MetricLabel& label = info.labels[i];
      if (!label.values.empty()) {
        bool allowed = false;
        for (const std::string_view value : label.values) allowed = allowed || value == values[i];
        CHECK(allowed);
        continue;
      }
      std::set<std::string>& seen = family.seen[i];
      if (seen.contains(values[i])) continue;
      if (seen.size() < label.bound) {
        seen.insert(values[i]);
      } else {
        values[i] = kOther;
      }
    }
    return values;
  }

  Series& series(Metric metric, MetricType type, Labels labels) {
    const MetricInfo& info = metric_info(metric);
    CHECK(info.type == type);
    Family& family = families[static_cast<std::size_t>(metric)];
    const LabelValues values = admit(info, family, labels);
    auto found = family.series.find(values);
    if (found == family.series.end()) {
      found = family.series.emplace(values, make_series(info)).first;
    }
    return found->second;
  }

  // Creates every series of a metric whose label values are all listed, if they are few.
  void create_known(std::size_t at) {
    const MetricInfo& info = kMetricTable[at];
    if (info.lazy) return;
    std::vector<LabelValues> all = {{}};
    for (const MetricLabel& label : info.labels) {
      std::vector<LabelValues> longer;
      for (const LabelValues& prefix : all) {
        for (const std::string_view value : label.values) {
          longer.push_back(prefix);
          longer.back().emplace_back(value);
        }
      }
      all = std::move(longer);
    }
    if (all.size() > kEagerSeriesMax) return;
    for (const LabelValues& values : all) {
      families[at].series.emplace(values, make_series(info));
    }
  }

  mutable std::mutex mutex;
  std::array<Family, kMetricTable.size()> families;
  std::mutex collectors_mutex;
  std::vector<std::function<void()>> collectors;
};

MetricRegistry::MetricRegistry() : impl_(std::make_unique<Impl>()) {
  for (std::size_t i = 0; i < kMetricTable.size(); ++i) {
    impl_->families[i].seen.resize(kMetricTable[i].labels.size());
    impl_->create_known(i);
  }
}

MetricRegistry::~MetricRegistry() = default;

Counter MetricRegistry::counter(Metric metric, Labels labels) {
  const std::lock_guard lock(impl_->mutex);
  return Counter(impl_->series(metric, MetricType::kCounter, labels).counter.get());
}

Gauge MetricRegistry::gauge(Metric metric, Labels labels) {
  const std::lock_guard lock(impl_->mutex);
  return Gauge(impl_->series(metric, MetricType::kGauge, labels).gauge.get());
}

Histogram MetricRegistry::histogram(Metric metric, Labels labels) {
  const std::lock_guard lock(impl_->mutex);
  return Histogram(impl_->series(metric, MetricType::kHistogram, labels).histogram.get());
}

double MetricRegistry::value(Metric metric, Labels labels) const {
  const std::lock_guard lock(impl_->mutex);
  const auto& series = impl_->families[static_cast<std::size_t>(metric)].series;
  const auto found = series.find(LabelValues(labels.begin(), labels.end()));
  return found == series.end() ? 0.0 : value_of(metric_info(metric), found->second);
}

double MetricRegistry::total(Metric metric) const {
  const std::lock_guard lock(impl_->mutex);
  double sum = 0;
  for (const auto& [values, series] : impl_->families[static_cast<std::size_t>(metric)].series) {
    sum += value_of(metric_info(metric), series);
  }
  return sum;
}

void MetricRegistry::add_collector(std::function<void()> collect) {
  const std::lock_guard lock(impl_->collectors_mutex);
  impl_->collectors.push_back(std::move(collect));
}

void MetricRegistry::write_prometheus(std::string& out) const {
  {
    const std::lock_guard lock(impl_->collectors_mutex);
    for (const auto& collect : impl_->collectors) collect();
  }
  const std::lock_guard lock(impl_->mutex);
  for (std::size_t i = 0; i < kMetricTable.size(); ++i) {
    const MetricInfo& info = kMetricTable[i];
    if (!shown(info, impl_->families[i])) continue;
    out.append("# HELP ").append(info.name).append(" ").append(info.help);
    out.append("\n# TYPE ").append(info.name).append(" ").append(type_name(info.type));
    out += '\n';
    for (const auto& [values, series] : impl_->families[i].series) {
      if (!shown(info, series)) continue;
      if (series.histogram) {
        append_histogram(out, info, values, *series.histogram);
      } else {
        append_sample(out, info, {}, values, {}, value_of(info, series));
      }
    }
  }
}

}  // namespace weir
