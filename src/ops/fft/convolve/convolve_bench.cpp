// Convolution of 2^16 values by both methods, round the crossover that method.hpp states: a direct
// term is one fused multiplication, a block of N values about 8 N log2 N flops for N - m + 1
// results. 1: direct, 2: by transforms. Peer: scipy.signal, see bench/fft_peer.py.
#include <benchmark/benchmark.h>

#include <vector>

#include "ops/fft/convolve/convolve.hpp"
#include "ops/fft/convolve2/convolve2.hpp"
#include "ops/fft/sample.hpp"

namespace weir::ops {
namespace {

void convolve(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kValues = 1 << 16;
  Philox rng(1, 0);
  const std::vector<double> x = fft::sample(kValues, rng);
  const std::vector<double> kernel = fft::sample(m, rng);
  const Convolve::Args args{.x = x,
                            .kernel = kernel,
                            .part = fft::Part::kSame,
                            .method = static_cast<fft::Method>(state.range(1))};
  std::vector<double> y(args.size());
  Convolve::Output out{.y = y};
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Convolve::cpu(run, args, out).is_ok());
  state.counters["values/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(kValues),
                         benchmark::Counter::kIsRate);
}
BENCHMARK(convolve)->ArgsProduct({{8, 32, 48, 64, 96, 128, 192, 256, 1024}, {1, 2}});

void convolve2(benchmark::State& state) {
  const auto side = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kSide = 512;
  Philox rng(1, 0);
  const std::vector<double> x = fft::sample(kSide * kSide, rng);
  const std::vector<double> kernel = fft::sample(side * side, rng);
  const Convolve2::Args args{.x = x,
                             .height = kSide,
                             .width = kSide,
                             .kernel = kernel,
                             .kernel_height = side,
                             .kernel_width = side,
                             .part = fft::Part::kSame,
                             .method = static_cast<fft::Method>(state.range(1))};
  std::vector<double> y(args.size());
  Convolve2::Output out{.y = y};
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Convolve2::cpu(run, args, out).is_ok());
  state.counters["values/s"] = benchmark::Counter(
      static_cast<double>(state.iterations() * kSide * kSide), benchmark::Counter::kIsRate);
}
BENCHMARK(convolve2)->ArgsProduct({{3, 9, 11, 13, 15, 17, 21, 33}, {1, 2}});

}  // namespace
}  // namespace weir::ops
