// Real transforms, batches of 2^17 values that stay in the cache and of 2^22 that do not. A
// transform of n values is 2.5 n log2 n flops, of about 60 GFLOP/s a core has without fusing, and
// 16 bytes a value of traffic. Baseline: the sums as they are defined, in one loop. The peer is
// scipy.fft: bench/fft_peer.py runs both.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/numeric/trigonometry.hpp"
#include "ops/fft/rfft/rfft.hpp"
#include "ops/fft/sample.hpp"

namespace weir::ops {
namespace {

void report(benchmark::State& state, std::size_t n, std::size_t batch) {
  const auto transforms = static_cast<double>(state.iterations()) * static_cast<double>(batch);
  state.counters["transforms/s"] = benchmark::Counter(transforms, benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] =
      benchmark::Counter(transforms * fft::flops(n) / 2e9, benchmark::Counter::kIsRate);
}

void rfft(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::size_t batch = std::max<std::size_t>(1, static_cast<std::size_t>(state.range(1)) / n);
  Philox rng(1, 0);
  const std::vector<double> x = fft::sample(n * batch, rng);
  std::vector<Complex> y(batch * (n / 2 + 1));
  Rfft::Output out{.y = y};
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Rfft::cpu(run, {.x = x, .n = n}, out).is_ok());
  report(state, n, batch);
}

void irfft(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::size_t batch = std::max<std::size_t>(1, static_cast<std::size_t>(state.range(1)) / n);
  std::vector<Complex> x(batch * (n / 2 + 1), Complex(0.5, 0.25));
  std::vector<double> y(batch * n);
  Irfft::Output out{.y = y};
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Irfft::cpu(run, {.x = x, .n = n}, out).is_ok());
  report(state, n, batch);
}

void lengths(benchmark::internal::Benchmark* bench) {
  for (const int n : {16, 17, 60, 64, 100, 128, 256, 1000, 1009, 1024, 4096, 16384, 65536}) {
    bench->Args({n, 1 << 17});
  }
  for (const int n : {64, 1024, 65536, 1 << 20}) bench->Args({n, 1 << 22});
}
BENCHMARK(rfft)->Apply(lengths);
BENCHMARK(irfft)->Apply(lengths);

void rfft_naive(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  Philox rng(1, 0);
  const std::vector<double> x = fft::sample(n, rng);
  std::vector<double> cosines(n);
  std::vector<double> sines(n);
  for (std::size_t k = 0; k < n; ++k) {
    cosines[k] = numeric::turn(k, n).cos;
    sines[k] = numeric::turn(k, n).sin;
  }
  std::vector<Complex> y(n / 2 + 1);
  for (auto _ : state) {
    for (std::size_t k = 0; k < y.size(); ++k) {
      double re = 0;
      double im = 0;
      for (std::size_t t = 0; t < n; ++t) {
        re += x[t] * cosines[t * k % n];
        im -= x[t] * sines[t * k % n];
      }
      y[k] = {re, im};
    }
    benchmark::DoNotOptimize(y.data());
  }
  report(state, n, 1);
}
BENCHMARK(rfft_naive)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace weir::ops
