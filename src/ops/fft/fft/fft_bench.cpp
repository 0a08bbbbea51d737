// Complex transforms of 2^17 values: 5 n log2 n flops and 32 bytes a value; see rfft_bench.cpp.
#include <benchmark/benchmark.h>

#include <vector>

#include "ops/fft/fft/fft.hpp"
#include "ops/fft/fft2/fft2.hpp"

namespace weir::ops {
namespace {

void report(benchmark::State& state, std::size_t n, std::size_t batch) {
  const auto transforms = static_cast<double>(state.iterations()) * static_cast<double>(batch);
  state.counters["transforms/s"] = benchmark::Counter(transforms, benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] =
      benchmark::Counter(transforms * fft::flops(n) / 1e9, benchmark::Counter::kIsRate);
}

void fft(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::size_t batch = std::max<std::size_t>(1, (std::size_t{1} << 17) / n);
  std::vector<Complex> x(n * batch, Complex(0.5, 0.25));
  std::vector<Complex> y(n * batch);
  Fft::Output out{.y = y};
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Fft::cpu(run, {.x = x, .n = n}, out).is_ok());
  report(state, n, batch);
}
void lengths(benchmark::internal::Benchmark* bench) {
  for (const int n : {16, 64, 100, 256, 1000, 1009, 1024, 4096, 65536}) bench->Args({n, 1});
  bench->Args({1 << 20, 1})->Args({1 << 20, 2});
}
BENCHMARK(fft)->Apply(lengths)->UseRealTime();

void fft2(benchmark::State& state) {
  const auto side = static_cast<std::size_t>(state.range(0));
  std::vector<Complex> x(side * side, Complex(0.5, 0.25));
  std::vector<Complex> y(side * side);
  Fft2::Output out{.y = y};
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state) {
    benchmark::DoNotOptimize(Fft2::cpu(run, {.x = x, .height = side, .width = side}, out).is_ok());
  }
  report(state, side * side, 1);
}
BENCHMARK(fft2)->Arg(64)->Arg(256)->Arg(1000)->Arg(1024);

}  // namespace
}  // namespace weir::ops
