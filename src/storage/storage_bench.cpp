// What a synced commit costs on the disk under $TMPDIR, with and without zero-filling ahead,
// beside a copy of the same bytes in memory. Counters: p50 and p99 of one group in microseconds.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "base/clock.hpp"
#include "base/histogram.hpp"
#include "storage/committer.hpp"
#include "storage/record_for_test.hpp"

namespace weir::storage {
namespace {

void report(benchmark::State& state, const LatencyHistogram& ns) {
  state.counters["p50_us"] = static_cast<double>(ns.percentile(50)) / 1e3;
  state.counters["p99_us"] = static_cast<double>(ns.percentile(99)) / 1e3;
  state.counters["max_us"] = static_cast<double>(ns.max()) / 1e3;
}

// One record at a time: submit, wait for its acknowledgement.
void commit_one_by_one(benchmark::State& state) {
  const TestDir dir;
  SegmentLogOptions options;
  options.segment_bytes = std::uint64_t{256} << 20;
  options.zero_ahead_bytes = static_cast<std::uint64_t>(state.range(1)) << 20;
  options.durability = state.range(2) != 0 ? Durability::kPower : Durability::kProcess;
  auto log = SegmentLog::open(dir.path(), options);
  CHECK(log.has_value());
  const DirectBuffer record = make_test_record(1, static_cast<std::uint64_t>(state.range(0)));
  LatencyHistogram ns;
  {
    GroupCommitter committer(**log, {});
    for (auto _ : state) {
      DirectBuffer buffer = committer.pool().acquire();
      buffer.append(record.bytes());
      const std::int64_t started = system_clock().mono_ns();
      committer.submit({std::move(buffer), nullptr});
      committer.drain();
      ns.record(system_clock().mono_ns() - started);
    }
    CHECK(!committer.failed());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
  report(state, ns);
}
BENCHMARK(commit_one_by_one)
    ->ArgNames({"bytes", "zero_ahead_mib", "power"})
    ->ArgsProduct({{4096, 1 << 20}, {0, 32}, {1}})
    ->Args({4096, 32, 0})
    ->Args({1 << 20, 32, 0})
    ->UseRealTime()
    ->MinTime(1.0);

// Records of 64 KiB as fast as they go, eight in flight: the groups form by themselves.
void commit_stream(benchmark::State& state) {
  const TestDir dir;
  SegmentLogOptions options;
  options.segment_bytes = std::uint64_t{256} << 20;
  options.zero_ahead_bytes = static_cast<std::uint64_t>(state.range(0)) << 20;
  auto log = SegmentLog::open(dir.path(), options);
  CHECK(log.has_value());
  constexpr std::int64_t kRecord = 64 << 10;
  constexpr int kInFlight = 8;
  const DirectBuffer record = make_test_record(1, kRecord);
  GroupCommitter committer(**log, {});
  for (auto _ : state) {
    for (int i = 0; i < kInFlight; ++i) {
      DirectBuffer buffer = committer.pool().acquire();
      buffer.append(record.bytes());
      committer.submit({std::move(buffer), nullptr});
    }
    committer.drain();
  }
  CHECK(!committer.failed());
  const CommitterStats stats = committer.stats();
  state.SetBytesProcessed(state.iterations() * kInFlight * kRecord);
  state.counters["records_a_group"] =
      static_cast<double>(stats.records) / static_cast<double>(stats.groups);
  report(state, stats.group_ns);
}
BENCHMARK(commit_stream)->ArgName("zero_ahead_mib")->Arg(0)->Arg(32)->UseRealTime()->MinTime(1.0);

void copy_in_memory(benchmark::State& state) {
  const DirectBuffer from = make_test_record(1, static_cast<std::uint64_t>(state.range(0)));
  DirectBuffer to(from.size());
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(copy_in_memory)->ArgName("bytes")->Arg(4096)->Arg(1 << 20);

}  // namespace
}  // namespace weir::storage
