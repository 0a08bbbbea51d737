// 10 M left rows against 100 k and 1 M right rows with unique keys, half of which match.
#include <benchmark/benchmark.h>

#include <unordered_map>
#include <vector>

#include "base/rng.hpp"
#include "ops/join/match/join_match.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRows = 10'000'000;

struct Data {
  explicit Data(std::size_t right_rows) : left(kRows), right(right_rows) {
    Philox rng(1, right_rows);
    for (std::size_t i = 0; i < right_rows; ++i) right[i] = i * 0x9E3779B97F4A7C15U;
    for (auto& key : left) key = (rng.next_u64() % (2 * right_rows)) * 0x9E3779B97F4A7C15U;
  }
  std::vector<std::uint64_t> left;
  std::vector<std::uint64_t> right;
};

void report(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kRows));
}

void join(benchmark::State& state) {
  const Data data(static_cast<std::size_t>(state.range(0)));
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  JoinMatch::Output out;
  for (auto _ : state) {
    benchmark::DoNotOptimize(JoinMatch::cpu(run, {data.left, data.right}, out));
  }
  report(state);
}
BENCHMARK(join)
    ->ArgsProduct({{100'000, 1'000'000}, {1, 2}})
    ->ArgNames({"right", "threads"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void join_std(benchmark::State& state) {
  const Data data(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    std::unordered_map<std::uint64_t, std::uint32_t> right;
    for (std::uint32_t i = 0; i < data.right.size(); ++i) right.emplace(data.right[i], i);
    std::vector<std::uint32_t> rows;
    for (const std::uint64_t key : data.left) {
      if (const auto at = right.find(key); at != right.end()) rows.push_back(at->second);
    }
    benchmark::DoNotOptimize(rows.data());
  }
  report(state);
}
BENCHMARK(join_std)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace weir::ops
