#include "main/service/live_figures.hpp"

#include <algorithm>
#include <utility>

namespace weir::main {

void LiveFigures::answered(std::int64_t latency_ns, std::uint64_t rows) {
  const std::lock_guard lock(mutex_);
  current_.record_n(static_cast<std::uint64_t>(std::max<std::int64_t>(latency_ns, 0)), rows);
}

void LiveFigures::tick(std::int64_t now_us, std::uint64_t events_total,
                       std::uint64_t alerts_total) {
  // Adding up a minute takes a millisecond: whoever answers must not wait for it.
  LatencyHistogram ended;
  {
    const std::lock_guard lock(mutex_);
    std::swap(ended, current_);
  }
  if (seconds_.size() < kWindowSeconds) {
    seconds_.push_back(std::move(ended));
  } else {
    seconds_[next_second_] = std::move(ended);
  }
  next_second_ = (next_second_ + 1) % kWindowSeconds;
  LatencyHistogram window;
  for (const LatencyHistogram& second : seconds_) window.merge(second);
  const std::lock_guard lock(mutex_);
  const auto us = [&window](double p) {
    return window.count() == 0 ? 0.0 : static_cast<double>(window.percentile(p)) * 1e-3;
  };
  p50_us_ = us(50);
  p99_us_ = us(99);
  p999_us_ = us(99.9);
  double alerts_per_s = 0;
  if (ticks_++ != 0 && now_us > last_us_) {
    const double elapsed_s = static_cast<double>(now_us - last_us_) * 1e-6;
    events_per_s_ = static_cast<double>(events_total - last_events_) / elapsed_s;
    alerts_per_s = static_cast<double>(alerts_total - last_alerts_) / elapsed_s;
  }
  last_us_ = now_us;
  last_events_ = events_total;
  last_alerts_ = alerts_total;
  step_.events_per_s += events_per_s_ / kSparkStepSeconds;
  step_.alerts_per_s += alerts_per_s / kSparkStepSeconds;
  step_.p99_us = std::max(step_.p99_us, p99_us_);
  if (++step_ticks_ < kSparkStepSeconds) return;
  if (spark_.size() == kSparkPoints) spark_.erase(spark_.begin());
  spark_.push_back(step_);
  step_ = {};
  step_ticks_ = 0;
}

void LiveFigures::fill(std::int64_t now_us, server::Overview& out) const {
  const std::lock_guard lock(mutex_);
  out.at_us = now_us;
  out.uptime_s = (now_us - started_us_) / 1'000'000;
  out.events_per_s = events_per_s_;
  out.p50_us = p50_us_;
  out.p99_us = p99_us_;
  out.p999_us = p999_us_;
  out.latency_window_s = kWindowSeconds;
  out.spark_step_s = kSparkStepSeconds;
  server::SparkSeries events{"events_per_s", {}};
  server::SparkSeries latency{"p99_us", {}};
  server::SparkSeries alerts{"alerts_per_s", {}};
  for (const Point& point : spark_) {
    events.points.push_back(point.events_per_s);
    latency.points.push_back(point.p99_us);
    alerts.points.push_back(point.alerts_per_s);
  }
  out.spark = {std::move(events), std::move(latency), std::move(alerts)};
}

}  // namespace weir::main
