// Sums of 10 M rows by group: numbering the groups and adding up, on one and on two threads, beside
// a hash map of the standard library.
#include <benchmark/benchmark.h>

#include <unordered_map>
#include <vector>

#include "base/rng.hpp"
#include "ops/group/assign/group_assign.hpp"
#include "ops/group/sum/group_sum.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRows = 10'000'000;

struct Data {
  explicit Data(std::uint64_t groups) : keys(kRows), values(kRows) {
    Philox rng(1, groups);
    for (std::size_t i = 0; i < kRows; ++i) {
      keys[i] = (rng.next_u64() % groups) * 0x9E3779B97F4A7C15U;
      values[i] = rng.next_unit();
    }
  }
  std::vector<std::uint64_t> keys;
  std::vector<double> values;
};

void report(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kRows));
}

void group_sum(benchmark::State& state) {
  const Data data(static_cast<std::uint64_t>(state.range(0)));
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  Buffer<std::uint32_t> ids(kRows);
  GroupAssign::Output groups{ids.span()};
  Buffer<double> sums(kRows);
  GroupSum::Output out{sums.span()};
  for (auto _ : state) {
    benchmark::DoNotOptimize(GroupAssign::cpu(run, {data.keys}, groups));
    const auto count = static_cast<std::uint32_t>(groups.first_rows.size());
    out.sums = sums.span().first(count);
    benchmark::DoNotOptimize(GroupSum::cpu(run, {ids.span(), data.values, count}, out));
  }
  report(state);
}
BENCHMARK(group_sum)
    ->ArgsProduct({{1'000, 100'000, 1'000'000}, {1, 2}})
    ->ArgNames({"groups", "threads"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void group_sum_std(benchmark::State& state) {
  const Data data(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) {
    std::unordered_map<std::uint64_t, double> sums;
    for (std::size_t i = 0; i < kRows; ++i) sums[data.keys[i]] += data.values[i];
    benchmark::DoNotOptimize(sums.size());
  }
  report(state);
}
BENCHMARK(group_sum_std)->Arg(1'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace weir::ops
