// Filter, map and sort of 1 M rows (half of which pass) and a group step, beside the steps read row
// by row.
#include <benchmark/benchmark.h>

#include "base/rng.hpp"
#include "ops/table/steps.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRows = 1'000'000;

Table make_table() {
  Philox rng(1, 1);
  std::vector<double> value(kRows);
  std::vector<std::int64_t> id(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    value[i] = rng.next_unit();
    id[i] = static_cast<std::int64_t>(i);
  }
  Table table;
  CHECK(table.add("id", Column::of<std::int64_t>(ColumnType::i64(), id)).is_ok());
  CHECK(table.add("value", Column::of<double>(ColumnType::f64(), value)).is_ok());
  return table;
}

Expression parsed(std::string_view text) {
  return Expression::parse(text).value();
}

void filter_map_sort(benchmark::State& state) {
  const Table table = make_table();
  const std::vector<Step> steps = {FilterStep{parsed("value > 0.5")},
                                   MapStep{{{"twice", parsed("value * 2 + 1")}}},
                                   SortStep{{{parsed("twice"), true}}}};
  Workers workers(static_cast<unsigned>(state.range(0)));
  CpuRunner run(workers);
  for (auto _ : state) {
    const auto result = run_steps(run, table, steps, {});
    CHECK(result);
    benchmark::DoNotOptimize(result->table.rows());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kRows));
}
BENCHMARK(filter_map_sort)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

// The same as loops over rows: copied structures, std::stable_sort.
void filter_map_sort_rows(benchmark::State& state) {
  struct Row {
    std::int64_t id;
    double value;
    double twice;
  };
  const Table table = make_table();
  const auto ids = table.find("id")->values<std::int64_t>();
  const auto values = table.find("value")->values<double>();
  for (auto _ : state) {
    std::vector<Row> kept;
    for (std::size_t i = 0; i < kRows; ++i) {
      if (values[i] > 0.5) kept.push_back({ids[i], values[i], values[i] * 2 + 1});
    }
    std::stable_sort(kept.begin(), kept.end(),
                     [](const Row& a, const Row& b) { return a.twice > b.twice; });
    benchmark::DoNotOptimize(kept.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kRows));
}
BENCHMARK(filter_map_sort_rows)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
