// LiveMetrics: the metrics of the running pass. What the pass counts anyway is read at each
// exposition; times are observed as they happen.
//
//   LiveMetrics metrics(registry);
//   metrics.answered(ack, elapsed_ns);        // any thread
//   metrics.committed(batch_rows, lag_ns);    // the log's thread
//   metrics.collect(gate, health);            // before an exposition
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/metrics.hpp"
#include "gate/gate.hpp"
#include "server/service.hpp"

namespace weir::main {

class LiveMetrics {
 public:
  // `registry` must outlive this object. `started_us` is the wall time of the program's start.
  LiveMetrics(MetricRegistry& registry, std::int64_t started_us);

  // Notes the time from submission to answer of one submission. Any thread.
  void answered(gate::Ack ack, std::int64_t elapsed_ns) const;
  // Notes a block of `rows` events that became durable `lag_ns` after its admission. One thread.
  void committed(std::size_t rows, std::int64_t lag_ns) const;
  // Brings all that is read rather than kept up to date. Any thread.
  void collect(gate::Gate& gate, const server::Health& health);

 private:
  // Raises a counter to a total that only grows.
  void raise(Metric metric, MetricRegistry::Labels labels, std::uint64_t total);
  void collect_admission(const gate::Gate& gate);
  void collect_verdicts(const gate::Gate& gate);
  void collect_state(const gate::Gate& gate);
  void collect_log(const gate::Gate& gate);

  MetricRegistry& registry_;
  std::array<Histogram, 4> decision_seconds_;
  Histogram commit_seconds_;
  Histogram batch_events_;
  std::mutex mutex_;  // one collection at a time: raise() reads what it adds to
};

}  // namespace weir::main
