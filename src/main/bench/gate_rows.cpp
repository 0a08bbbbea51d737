#include "main/bench/gate_rows.hpp"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/aligned.hpp"
#include "base/clock.hpp"
#include "base/histogram.hpp"
#include "gate/pass_batch.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kBatches = 64;
constexpr std::int64_t kRowNs = 2'000'000'000;  // each row is measured for this long

using Batches = std::vector<std::unique_ptr<gate::PassBatch>>;

Result<Batches> read_batches(wire::EventSource& source, std::uint32_t batch_events) {
  Batches batches;
  wire::EventBatch read;
  for (std::size_t i = 0; i < kBatches; ++i) {
    read.clear();
    WEIR_ASSIGN(const std::size_t made, source.read(read, batch_events));
    if (made == 0) break;
    batches.push_back(std::make_unique<gate::PassBatch>());
    batches.back()->events = read.events;
  }
  return batches;
}

std::uint64_t rows_of(const Batches& batches) {
  std::uint64_t rows = 0;
  for (const auto& batch : batches) rows += batch->rows();
  return rows;
}

// Runs `round` until kRowNs have passed; returns rounds per second.
template <class Round>
double rounds_per_s(const Round& round) {
  const std::int64_t started_ns = system_clock().mono_ns();
  std::int64_t now_ns = started_ns;
  std::uint64_t rounds = 0;
  do {
    round();
    ++rounds;
    now_ns = system_clock().mono_ns();
  } while (now_ns - started_ns < kRowNs);
  return static_cast<double>(rounds) * 1e9 / static_cast<double>(now_ns - started_ns);
}

void measure_copy(BenchReport& report) {
  constexpr std::size_t kEvents = std::size_t{1} << 20;  // 128 MiB: beyond every cache
  const AlignedBuffer<wire::Event> from(kEvents);
  AlignedBuffer<wire::Event> to(kEvents);
  const double per_s =
      rounds_per_s([&] { std::memcpy(to.data(), from.data(), kEvents * sizeof(wire::Event)); });
  const double events_per_s = per_s * static_cast<double>(kEvents);
  std::printf("%-26s %10.0f events/s, one thread: %.1f GB/s of records\n", "memcpy (T0)",
              events_per_s, events_per_s * sizeof(wire::Event) * 1e-9);
  report.set("memcpy_gb_per_s", events_per_s * sizeof(wire::Event) * 1e-9);
}

void measure_hash_table(const Batches& batches, BenchReport& report) {
  std::unordered_map<std::uint64_t, std::uint64_t> counts;
  const double per_s = rounds_per_s([&] {
    for (const auto& batch : batches) {
      for (const wire::Event& event : batch->events) {
        ++counts[event.debtor];
        ++counts[event.creditor];
      }
    }
  });
  const double events_per_s = per_s * static_cast<double>(rows_of(batches));
  std::printf("%-26s %10.0f events/s, one thread: two counts an event, %zu keys\n",
              "hash table only (T0)", events_per_s, counts.size());
  report.set("hash_table_per_s", events_per_s);
}

void measure_scores(gate::Pass& pass, Batches& batches, unsigned threads, BenchReport& report) {
  for (const auto& batch : batches) pass.touch(*batch);
  std::atomic<std::uint64_t> rows{0};
  std::vector<LatencyHistogram> batch_ns(threads);
  const std::int64_t started_ns = system_clock().mono_ns();
  const auto work = [&](unsigned thread) {
    std::int64_t now_ns = system_clock().mono_ns();
    for (std::size_t i = thread; now_ns - started_ns < kRowNs; i += threads) {
      gate::PassBatch& batch = *batches[i % (batches.size() / threads * threads)];
      const std::int64_t before_ns = now_ns;
      pass.score(batch);
      now_ns = system_clock().mono_ns();
      batch_ns[thread].record(now_ns - before_ns);
      rows.fetch_add(batch.rows(), std::memory_order_relaxed);
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(work, i);
  work(0);
  for (std::thread& other : others) other.join();
  const std::int64_t took_ns = system_clock().mono_ns() - started_ns;
  for (unsigned i = 1; i < threads; ++i) batch_ns[0].merge(batch_ns[i]);
  const double per_s = static_cast<double>(rows.load()) * 1e9 / static_cast<double>(took_ns);
  const auto ms = [&](double p) { return static_cast<double>(batch_ns[0].percentile(p)) * 1e-6; };
  std::printf(
      "%-26s %10.0f events/s, profiles frozen; a batch takes p50 %.2f ms, p95 %.2f ms, p99 %.2f "
      "ms, p99.9 %.2f ms\n",
      "score only (R1)", per_s, ms(50), ms(95), ms(99), ms(99.9));
  report.set("r1_per_s", per_s);
  report.set("r1_batch_p50_ms", ms(50));
  report.set("r1_batch_p99_ms", ms(99));
}

}  // namespace

Status measure_lesser_rows(gate::Pass& pass, wire::EventSource& source, std::uint32_t batch_events,
                           unsigned threads, BenchReport& report) {
  WEIR_ASSIGN(Batches batches, read_batches(source, batch_events));
  measure_copy(report);
  if (batches.size() < threads) return Status::ok();  // the stream has ended
  measure_hash_table(batches, report);
  measure_scores(pass, batches, threads, report);
  return Status::ok();
}

}  // namespace weir::main
