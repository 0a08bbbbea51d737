// What the HTTP side itself costs: one decision a request over kept-alive connections, the verdict
// made at once from memory. Open loop: latency counts from the scheduled send. The generator shares
// the machine; its processor time is reported beside.
//
// Budget of a request on one core: receive and send about 4 us of system calls, parsing header and
// event about 3 us, reply about 1 us: 100,000 requests/s would be the ceiling of one I/O thread.
#include <benchmark/benchmark.h>

#include "base/check.hpp"
#include "server/http/load_client.hpp"
#include "server/testing/fake_server.hpp"

namespace weir::server {
namespace {

class SilentAudit final : public AuditSink {
 public:
  void record(AuditEntry) override {}
};

void decide_over_http(benchmark::State& state) {
  SilentAudit audit;
  FakeServer server(system_clock(), audit, {.workers = 1, .uploads = 1});
  const std::string key = server.make_key({.label = "bench", .role = Role::kAnalyst});
  std::uint64_t first_id = 0;
  for (auto _ : state) {
    const auto report = run_load(
        {.port = server.port(), .per_s = static_cast<double>(state.range(0)), .seconds = 3.0},
        [&](std::uint64_t i) {
          const std::string body =
              "{\"id\":\"b-" + std::to_string(first_id + i) +
              "\",\"time\":\"2026-11-21T04:00:00Z\",\"type\":\"payment\",\"amount\":531.81,"
              "\"currency\":\"USD\",\"debtor\":{\"id\":\"596\"},\"creditor\":{\"account\":\"a-7\"}"
              "}";
          return "POST /v1/decisions HTTP/1.1\r\nhost: b\r\nx-api-key: " + key +
                 "\r\ncontent-type: application/json\r\ncontent-length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body;
        });
    CHECK(report.has_value());
    first_id += report->sent;
    const auto us = [&](double percent) {
      return static_cast<double>(report->latency_ns.percentile(percent)) / 1000.0;
    };
    state.counters["p50_us"] = us(50);
    state.counters["p99_us"] = us(99);
    state.counters["p999_us"] = us(99.9);
    state.counters["ok_per_s"] = static_cast<double>(report->ok) / report->elapsed_s;
    state.counters["not_ok"] = static_cast<double>(report->refused + report->lost);
    state.counters["late_sends"] = static_cast<double>(report->late_sends);
    state.counters["client_cpu"] = report->cpu_s / report->elapsed_s;
  }
}
BENCHMARK(decide_over_http)->Arg(1'000)->Arg(10'000)->Arg(20'000)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace weir::server
