// 4 M random keys: sorted, and as an order of rows, beside std::sort and std::stable_sort.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/rng.hpp"
#include "ops/sort/argsort/argsort.hpp"
#include "ops/sort/keys/sort_keys.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRows = std::size_t{1} << 22;

const std::vector<std::uint64_t>& keys() {
  static const std::vector<std::uint64_t> values = [] {
    Philox rng(1, 1);
    std::vector<std::uint64_t> made(kRows);
    for (auto& value : made) value = rng.next_u64();
    return made;
  }();
  return values;
}

void report(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kRows));
}

void sort_keys(benchmark::State& state) {
  std::vector<std::uint64_t> sorted(kRows);
  SortKeys::Output out{sorted};
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(SortKeys::cpu(run, {keys()}, out));
  report(state);
}
BENCHMARK(sort_keys)->Unit(benchmark::kMillisecond);

void sort_keys_std(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<std::uint64_t> sorted = keys();
    std::sort(sorted.begin(), sorted.end());
    benchmark::DoNotOptimize(sorted.data());
  }
  report(state);
}
BENCHMARK(sort_keys_std)->Unit(benchmark::kMillisecond)->Iterations(2);

void argsort(benchmark::State& state) {
  std::vector<std::uint32_t> rows(kRows);
  Argsort::Output out{rows};
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Argsort::cpu(run, {keys(), 1, kRows}, out));
  report(state);
}
BENCHMARK(argsort)->Unit(benchmark::kMillisecond);

void argsort_std(benchmark::State& state) {
  std::vector<std::uint32_t> rows(kRows);
  Argsort::Output out{rows};
  for (auto _ : state) benchmark::DoNotOptimize(Argsort::reference({keys(), 1, kRows}, out));
  report(state);
}
BENCHMARK(argsort_std)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace weir::ops
