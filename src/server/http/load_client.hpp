// LoadClient: an open-loop HTTP client for benches: requests have times fixed in advance, and
// latency counts from the scheduled send, so that a stalled server cannot slow its own measurement
// down.
//
//   WEIR_ASSIGN(const LoadReport report, run_load({.port = 8740, .per_s = 20'000, .seconds = 10},
//               [](std::uint64_t i) { return make_request(i); }));
//   report.latency_ns.percentile(99.0);
//
// One thread: the generator's share of a small machine is bounded and known.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/histogram.hpp"
#include "base/result.hpp"

namespace weir::server {

struct LoadOptions {
  std::string address = std::string("127.0.0.1");
  std::uint16_t port = 8740;
  double per_s = 1000;  // 0: closed loop, each connection sends when it was answered, latency
                        // counts from the send
  double seconds = 10;
  unsigned connections =
      64;  // kept alive; a request waits for a free one, and its latency counts that
};

struct LoadReport {
  std::uint64_t sent = 0;
  std::uint64_t ok = 0;       // replies of 2xx
  std::uint64_t refused = 0;  // other replies
  std::uint64_t lost = 0;     // no reply: the connection broke or the end came
  std::uint64_t late_sends =
      0;  // sent more than 1 ms after their time: the generator was the limit
  double elapsed_s = 0;
  double cpu_s = 0;             // of the generator's own thread
  LatencyHistogram latency_ns;  // of all replies, from the scheduled send
};

// Runs the load and returns what came of it. `make_request` returns the whole text of request i.
// Errors: unavailable if no connection can be made.
Result<LoadReport> run_load(const LoadOptions& options,
                            const std::function<std::string(std::uint64_t)>& make_request);

}  // namespace weir::server
