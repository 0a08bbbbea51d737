#include <benchmark/benchmark.h>

#include "ops/forest/forest_sample.hpp"
#include "ops/forest/scorer.hpp"

namespace weir::ops {
namespace {

// Arguments: engine, rows in a call.
void score(benchmark::State& state) {
  const auto engine = static_cast<ForestEngine>(state.range(0));
  const auto count = static_cast<std::size_t>(state.range(1));
  const SampleRows sample = bench_rows(65'536, 24);
  const Forest forest = *train_forest(sample.view(), {.trees = 100, .psi = 256, .seed = 1});
  const ForestScorer scorer(forest, engine);
  std::vector<float> raw(count);
  std::size_t at = 0;
  for (auto _ : state) {
    scorer.score(sample.view().slice(at, count), raw);
    benchmark::DoNotOptimize(raw.data());
    at = (at + count) % (sample.rows - count + 1);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
  state.SetLabel(std::string(forest_engine_name(engine)));
  state.counters["nodes_per_tree"] = forest.nodes_per_tree();
}
BENCHMARK(score)->ArgsProduct({{static_cast<int>(ForestEngine::kCompareAll),
                                static_cast<int>(ForestEngine::kTraverse),
                                static_cast<int>(ForestEngine::kNaive)},
                               {1, 64, 8192}});

void train(benchmark::State& state) {
  const SampleRows sample = bench_rows(100'000, 24);
  for (auto _ : state) {
    benchmark::DoNotOptimize(train_forest(sample.view(), {.trees = 100, .psi = 256, .seed = 1}));
  }
}
BENCHMARK(train)->Unit(benchmark::kMillisecond)->UseRealTime();

void explain(benchmark::State& state) {
  const SampleRows sample = bench_rows(65'536, 24);
  const Forest forest = *train_forest(sample.view(), {.trees = 100, .psi = 256, .seed = 1});
  std::vector<double> parts(24);
  std::size_t row = 0;
  for (auto _ : state) {
    forest_contributions(forest, sample.view(), row++ % sample.rows, parts);
    benchmark::DoNotOptimize(parts.data());
  }
}
BENCHMARK(explain);

}  // namespace
}  // namespace weir::ops
