// LiveFigures: rates, latency percentiles and their last minutes, for the overview.
//
//   figures.answered(latency_ns, rows);     // any thread
//   figures.tick(now_us, totals);           // once a second
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/histogram.hpp"
#include "server/service.hpp"

namespace weir::main {

class LiveFigures {
 public:
  static constexpr unsigned kWindowSeconds = 10;
  static constexpr unsigned kSparkPoints = 360;
  static constexpr unsigned kSparkStepSeconds = 10;

  explicit LiveFigures(std::int64_t started_us) : started_us_(started_us) {}

  // Notes the time from submission to answer of some events.
  void answered(std::int64_t latency_ns, std::uint64_t rows);
  // Closes a second: computes the rate since the last tick and moves the latency window on. One
  // thread.
  void tick(std::int64_t now_us, std::uint64_t events_total, std::uint64_t alerts_total);
  // Fills rate, latency, uptime and spark of the overview.
  void fill(std::int64_t now_us, server::Overview& out) const;

 private:
  struct Point {
    double events_per_s = 0;
    double p99_us = 0;
    double alerts_per_s = 0;
  };
  const std::int64_t started_us_;
  mutable std::mutex mutex_;
  LatencyHistogram current_;
  std::vector<LatencyHistogram> seconds_;  // ring of kWindowSeconds; tick()'s alone
  std::size_t next_second_ = 0;            // the same
  std::uint64_t ticks_ = 0;
  std::int64_t last_us_ = 0;
  std::uint64_t last_events_ = 0;
  std::uint64_t last_alerts_ = 0;
  double events_per_s_ = 0;
  double p50_us_ = 0, p99_us_ = 0, p999_us_ = 0;
  Point step_;
  unsigned step_ticks_ = 0;
  std::vector<Point> spark_;
};

}  // namespace weir::main
