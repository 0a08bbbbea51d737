// GateLoad: sends events to a gate beside the pass, on the same cores, and measures the answers.
//
//   GateLoad load(gate, source, 2048);
//   WEIR_ASSIGN(double per_s, load.run(UINT64_MAX, 60, 0));          // as fast as they are taken
//   WEIR_ASSIGN(double held_s, load.run(UINT64_MAX, 20, 1'000'000)); // open loop
//   load.latency_ns().percentile(99);
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/histogram.hpp"
#include "base/result.hpp"
#include "gate/gate.hpp"
#include "wire/source.hpp"

namespace weir::main {

class GateLoad {
 public:
  GateLoad(gate::Gate& gate, wire::EventSource& source, std::uint32_t batch_events)
      : gate_(gate), source_(source), batch_events_(batch_events) {}

  // Sends until `events` were sent or `seconds` have passed: as fast as they are taken, or at
  // `rate` events per second with send times fixed in advance, from which latency counts. Waits
  // for the answers. Returns committed events per second.
  Result<double> run(std::uint64_t events, double seconds, double rate);

  // Processor time that making the events took.
  std::int64_t generator_ns() const { return generator_ns_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t refused() const { return refused_; }
  const LatencyHistogram& latency_ns() const { return latency_ns_; }

 private:
  void answered(const gate::Reply& reply, std::int64_t due_ns);

  static constexpr unsigned kOpenMax = 16;
  gate::Gate& gate_;
  wire::EventSource& source_;
  std::uint32_t batch_events_;
  std::int64_t generator_ns_ = 0;
  std::uint64_t sent_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned open_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t committed_ = 0;
  Status status_;
  LatencyHistogram latency_ns_;
};

}  // namespace weir::main
