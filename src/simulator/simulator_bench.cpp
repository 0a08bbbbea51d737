// Events a second of each profile, and the bare cost of writing 128-byte records beside them.
#include <benchmark/benchmark.h>

#include <cstring>

#include "base/check.hpp"
#include "simulator/simulator.hpp"

namespace weir::simulator {
namespace {

constexpr std::size_t kRows = 8192;

void report(benchmark::State& state, std::size_t events) {
  const auto count = static_cast<double>(events);
  state.counters["events/s"] = benchmark::Counter(count, benchmark::Counter::kIsRate);
  state.counters["time/event"] =
      benchmark::Counter(count, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void play(benchmark::State& state, const char* profile, SimulatorOptions options) {
  options.events = 1'000'000'000;
  options.days = options.days == 0 ? 3'000 : options.days;
  auto simulator = make_simulator(profile, options);
  CHECK(simulator.has_value());
  wire::EventBatch batch;
  std::size_t events = 0;
  for (auto _ : state) events += (*simulator)->read(batch, kRows).value_or(0);
  report(state, events);
}

void bm_handbook(benchmark::State& state) {
  play(state, "handbook", {});
}

void bm_rings(benchmark::State& state) {
  SimulatorOptions options;
  options.rings = 8'000;
  play(state, "rings", options);
}

void bm_ledger(benchmark::State& state) {
  SimulatorOptions options;
  options.accounts = static_cast<std::uint32_t>(state.range(0));
  options.funding = false;
  play(state, "ledger", options);
}

void bm_copy(benchmark::State& state) {
  std::vector<wire::Event> from(kRows * 32);
  std::vector<wire::Event> to(kRows);
  std::size_t n = 0;
  for (auto _ : state) {
    std::memcpy(to.data(), from.data() + n++ % 32 * kRows, kRows * sizeof(wire::Event));
    benchmark::ClobberMemory();
  }
  report(state, n * kRows);
}

BENCHMARK(bm_handbook);
BENCHMARK(bm_rings);
BENCHMARK(bm_ledger)->Arg(1'000)->Arg(1'000'000)->Arg(10'000'000);
BENCHMARK(bm_copy);

}  // namespace
}  // namespace weir::simulator
