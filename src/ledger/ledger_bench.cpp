// ns/event of the stages that the ledger adds to the pass, beside the plain ways of doing the same.
#include <benchmark/benchmark.h>

#include <unordered_map>
#include <vector>

#include "ledger/block.hpp"
#include "ledger/dedup.hpp"
#include "ledger/execute.hpp"
#include "ledger/fixture.hpp"
#include "ledger/order.hpp"

namespace weir::ledger {
namespace {

constexpr std::size_t kBatch = 8192;

void per_event(benchmark::State& state, std::size_t events) {
  const auto total = static_cast<double>(state.iterations()) * static_cast<double>(events);
  state.SetItemsProcessed(static_cast<std::int64_t>(total));
  state.counters["per_event"] =
      benchmark::Counter(total, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

double theta_of(const benchmark::State& state) {
  return static_cast<double>(state.range(0)) / 100;
}

void order_window(benchmark::State& state) {
  const auto events = fixture::transfers(kBatch, 100'000, theta_of(state), 1);
  Orderer orderer({});
  OrderOut out;
  for (auto _ : state) orderer.order(events, nullptr, out);
  per_event(state, kBatch);
  state.counters["makespan_ratio_p8"] = order_report(events, out, 8).makespan_ratio;
}
BENCHMARK(order_window)->Arg(0)->Arg(60)->Arg(99)->Arg(110);

void order_window_commuting(benchmark::State& state) {
  const auto events = fixture::transfers(kBatch, 100'000, theta_of(state), 1);
  const Accounts accounts(100'000);
  Orderer orderer({});
  OrderOut out;
  for (auto _ : state) orderer.order(events, &accounts, out);
  per_event(state, kBatch);
}
BENCHMARK(order_window_commuting)->Arg(0)->Arg(99);

void order_plain(benchmark::State& state) {
  const auto events = fixture::transfers(kBatch, 100'000, theta_of(state), 1);
  OrderOut out;
  for (auto _ : state) order_baseline(events, out);
  per_event(state, kBatch);
  state.counters["makespan_ratio_p8"] = order_report(events, out, 8).makespan_ratio;
}
BENCHMARK(order_plain)->Arg(0)->Arg(60)->Arg(99)->Arg(110);

// Uniform accounts: every event misses the cache twice.
void execute(benchmark::State& state) {
  const auto accounts = static_cast<std::size_t>(state.range(0));
  const auto events = fixture::transfers(64 * kBatch, accounts, 0.0, 2);
  Executor executor({.accounts_expected = accounts});
  for (std::uint64_t a = 0; a < accounts; ++a) {
    executor.accounts().open(fixture::account(a), 840, 2).balance = 1'000'000'000;
  }
  std::vector<wire::VerdictCore> verdicts(kBatch);
  std::size_t batch = 0;
  for (auto _ : state) {
    executor.execute(std::span(events).subspan(batch * kBatch, kBatch), {}, 1, verdicts);
    batch = (batch + 1) % 64;
  }
  per_event(state, kBatch);
}
BENCHMARK(execute)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void execute_hash_map(benchmark::State& state) {
  const auto accounts = static_cast<std::size_t>(state.range(0));
  const auto events = fixture::transfers(64 * kBatch, accounts, 0.0, 2);
  std::unordered_map<std::uint64_t, std::int64_t> balance;
  for (std::uint64_t a = 0; a < accounts; ++a) balance[fixture::account(a)] = 1'000'000'000;
  std::size_t batch = 0;
  for (auto _ : state) {
    for (const wire::Event& event : std::span(events).subspan(batch * kBatch, kBatch)) {
      std::int64_t& debtor = balance[event.debtor];
      if (debtor < event.amount) continue;
      debtor -= event.amount;
      balance[event.creditor] += event.amount;
    }
    batch = (batch + 1) % 64;
  }
  per_event(state, kBatch);
}
BENCHMARK(execute_hash_map)->Arg(1'000'000);

void seal(benchmark::State& state) {
  const fixture::Batch batch = fixture::batch(kBatch, 3);
  const auto mode = static_cast<FeatureRowsMode>(state.range(0));
  BlockBuilder builder;
  storage::DirectBuffer buffer;
  for (auto _ : state) {
    SealedBlock block =
        seal_block(builder, std::move(buffer), fixture::meta(1, 1), batch.content(mode), {});
    buffer = std::move(block.record);
  }
  per_event(state, kBatch);
}
BENCHMARK(seal)->ArgName("features")->Arg(0)->Arg(1)->Arg(2);

void leaves(benchmark::State& state) {
  const fixture::Batch batch = fixture::batch(kBatch, 3);
  std::vector<Digest> out(kBatch / 32);
  for (auto _ : state) hash_leaves(batch.events, batch.verdicts, 32, 0, out.size(), out);
  per_event(state, kBatch);
}
BENCHMARK(leaves);

// A full table and new ids only, as in a stream without repetitions.
void dedup(benchmark::State& state) {
  DedupTable table(static_cast<std::size_t>(state.range(0)));
  while (table.next_seq() <= table.events_max()) {
    table.insert(id_fingerprint(fixture::key_of(table.next_seq())), table.next_seq());
  }
  auto events = fixture::transfers(kBatch, 1000, 0.0, 4);
  std::vector<Admission> out(kBatch);
  std::uint64_t id = 1ULL << 40;
  for (auto _ : state) {
    for (auto& event : events) store(event.id.data(), ++id * 0x9E3779B97F4A7C15U);
    table.admit(
        events, [](std::size_t, std::uint64_t) { return Match::kOther; }, out);
  }
  per_event(state, kBatch);
}
BENCHMARK(dedup)->Arg(1 << 16)->Arg(1 << 22);

}  // namespace
}  // namespace weir::ledger
