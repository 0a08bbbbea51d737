// 10 M f64 by a ready bitmap, 1, 50 and 99 % of the rows kept, beside a plain loop.
#include <benchmark/benchmark.h>

#include <bit>
#include <vector>

#include "base/rng.hpp"
#include "ops/filter/compact/compact.hpp"
#include "ops/table/buffer.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRows = 10'000'000;

struct Data {
  explicit Data(unsigned percent) : bits((kRows + 63) / 64), values(kRows) {
    Philox rng(1, percent);
    bits.fill(0);
    for (std::size_t i = 0; i < kRows; ++i) {
      values[i] = rng.next_unit();
      const bool kept = rng.next_below(100) < percent;
      bits[i / 64] |= std::uint64_t{kept} << (i % 64);
      count += kept ? 1 : 0;
    }
  }
  Buffer<std::uint64_t> bits;
  Buffer<double> values;
  std::size_t count = 0;
};

void report(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kRows * sizeof(double)));
}

void compact(benchmark::State& state) {
  const Data data(static_cast<unsigned>(state.range(0)));
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  Buffer<double> kept(data.count);
  Compact::Output out{{reinterpret_cast<char*>(kept.data()), kept.size() * sizeof(double)}};
  const std::span<const char> bytes{reinterpret_cast<const char*>(data.values.data()),
                                    kRows * sizeof(double)};
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        Compact::cpu(run, {data.bits.span(), kRows, bytes, sizeof(double)}, out));
  }
  report(state);
}
BENCHMARK(compact)
    ->ArgsProduct({{1, 50, 99}, {1, 2}})
    ->ArgNames({"percent", "threads"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void compact_plain(benchmark::State& state) {
  const Data data(static_cast<unsigned>(state.range(0)));
  Buffer<double> kept(kRows);
  for (auto _ : state) {
    double* to = kept.data();
    for (std::size_t i = 0; i < kRows; ++i) {
      if ((data.bits[i / 64] >> (i % 64) & 1) != 0) *to++ = data.values[i];
    }
    benchmark::DoNotOptimize(to);
  }
  report(state);
}
BENCHMARK(compact_plain)->Arg(1)->Arg(50)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
