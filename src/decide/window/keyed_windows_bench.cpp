// One row of a batch of 8,192 against a window of 1 M keys, uniform random: the worst case for the
// cache.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/rng.hpp"
#include "decide/window/keyed_windows.hpp"

namespace weir::decide {
namespace {

void BM_KeyedWindows(benchmark::State& state) {
  const auto function = static_cast<WindowFunction>(state.range(0));
  const auto kind = static_cast<WindowKind>(state.range(1));
  const auto keys = static_cast<std::uint32_t>(state.range(2));
  constexpr std::size_t kRows = 8192;
  KeyedWindows table(1, std::size_t{1} << 20);
  table.add({.function = function, .kind = kind, .width_us = kHour});
  Philox rng(1, 1);
  std::vector<std::uint64_t> all(keys);
  for (std::uint32_t i = 0; i < keys; ++i) all[i] = i + 1;
  std::vector<std::uint64_t> out(std::max<std::size_t>(keys, kRows));
  std::vector<std::uint8_t> valid(out.size());
  std::vector<std::int64_t> times(out.size(), kDay);
  std::vector<std::uint64_t> values(out.size(), 100);
  const WindowUse use{nullptr, values.data(), {out.data(), valid.data()}};
  table.update_and_read({keys, {all.data()}, times.data()}, {&use, 1});
  std::vector<std::uint64_t> batch(kRows);
  std::int64_t now = kDay;
  for (auto _ : state) {
    state.PauseTiming();
    for (std::size_t i = 0; i < kRows; ++i) {
      batch[i] = 1 + rng.next_below(keys);
      times[i] = now += 500;
    }
    state.ResumeTiming();
    table.update_and_read({kRows, {batch.data()}, times.data()}, {&use, 1});
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
  state.SetLabel(std::string(window_function_name(function)) + " " +
                 std::string(window_kind_name(kind)));
}
BENCHMARK(BM_KeyedWindows)
    ->ArgsProduct({{static_cast<int>(WindowFunction::kCount),
                    static_cast<int>(WindowFunction::kSum),
                    static_cast<int>(WindowFunction::kDistinct)},
                   {static_cast<int>(WindowKind::kTiles)},
                   {10'000, 1'000'000}})
    ->Args({static_cast<int>(WindowFunction::kCount), static_cast<int>(WindowKind::kExact),
            200'000})
    ->Args({static_cast<int>(WindowFunction::kCount), static_cast<int>(WindowKind::kDecay),
            1'000'000});

}  // namespace
}  // namespace weir::decide
