// The statistics on one core, 32 Mi values from memory, beside the rate at which the same core
// reads them: 8 bytes a value are the ceiling of sum, dot (16), moments and histogram. Windows
// stand beside each window taken by itself in the same process.
#include <benchmark/benchmark.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "base/aligned.hpp"
#include "base/rng.hpp"
#include "ops/stats/covariance/covariance.hpp"
#include "ops/stats/dot/dot.hpp"
#include "ops/stats/histogram/histogram.hpp"
#include "ops/stats/moments/moments.hpp"
#include "ops/stats/quantile/quantile.hpp"
#include "ops/stats/sum/sum.hpp"
#include "ops/stats/window_features/window_features.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kValues = std::size_t{1} << 25;

const AlignedBuffer<double>& values() {
  static const AlignedBuffer<double> x = [] {
    AlignedBuffer<double> made(kValues);
    Philox rng(1, 0);
    for (double& value : made) value = rng.next_unit() * 100;
    return made;
  }();
  return x;
}

Values column() {
  return Values::of(std::span<const double>(values().data(), kValues));
}

void report(benchmark::State& state, std::size_t items, std::size_t bytes) {
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(items));
  if (bytes != 0) state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
}

// Runs an op with one thread; `items` values of 8 bytes each.
template <class Op>
void run_op(benchmark::State& state, const typename Op::Args& args, typename Op::Output out,
            std::size_t items, std::size_t bytes) {
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state) {
    if (const Status status = Op::cpu(run, args, out); !status.is_ok()) {
      state.SkipWithError(status.to_string().c_str());
      return;
    }
    benchmark::DoNotOptimize(out);
  }
  report(state, items, bytes);
}

void read_of_memory(benchmark::State& state) {
  const double* const x = values().data();
  for (auto _ : state) {
    std::uint64_t touched = 0;
    for (std::size_t i = 0; i < kValues; i += 8) touched += x[i] > 0 ? 1 : 0;
    benchmark::DoNotOptimize(touched);
  }
  report(state, kValues, kValues * sizeof(double));
}
BENCHMARK(read_of_memory)->Unit(benchmark::kMillisecond);

void plain_loop_sum(benchmark::State& state) {
  const double* const x = values().data();
  for (auto _ : state) {
    double sum = 0;
    for (std::size_t i = 0; i < kValues; ++i) sum += x[i];
    benchmark::DoNotOptimize(sum);
  }
  report(state, kValues, kValues * sizeof(double));
}
BENCHMARK(plain_loop_sum)->Unit(benchmark::kMillisecond);

void sum_canonical(benchmark::State& state) {
  run_op<Sum>(state, {.x = column()}, {}, kValues, kValues * sizeof(double));
}
BENCHMARK(sum_canonical)->Unit(benchmark::kMillisecond);

void sum_neumaier(benchmark::State& state) {
  run_op<Sum>(state, {.x = column(), .method = Sum::Method::kNeumaier}, {}, kValues,
              kValues * sizeof(double));
}
BENCHMARK(sum_neumaier)->Unit(benchmark::kMillisecond);

void dot(benchmark::State& state) {
  const std::size_t half = kValues / 2;
  run_op<Dot>(state, {.x = column().slice(0, half), .y = column().slice(half, half)}, {}, half,
              kValues * sizeof(double));
}
BENCHMARK(dot)->Unit(benchmark::kMillisecond);

void moments(benchmark::State& state) {
  run_op<MomentsOf>(state, {.x = column()}, {}, kValues, kValues * sizeof(double));
}
BENCHMARK(moments)->Unit(benchmark::kMillisecond);

void histogram(benchmark::State& state) {
  const auto bins = static_cast<std::size_t>(state.range(0));
  std::vector<std::uint64_t> counts(bins);
  run_op<Histogram>(state, {.x = column(), .low = 0, .high = 100, .bins = bins}, {counts}, kValues,
                    kValues * sizeof(double));
}
BENCHMARK(histogram)->Arg(10)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

void quantiles(benchmark::State& state) {
  static constexpr double kFractions[] = {0.5, 0.9, 0.99};
  std::vector<double> out(std::size(kFractions));
  run_op<Quantile>(state, {.x = column(), .q = kFractions}, {out}, kValues, 0);
}
BENCHMARK(quantiles)->Unit(benchmark::kMillisecond);

void covariance_of_100_columns(benchmark::State& state) {
  const std::size_t cols = 100;
  const std::size_t rows = 200'000;
  Matrix<double> result(cols, cols);
  run_op<Covariance>(state, {.x = {values().data(), rows, cols}}, {result.view()}, rows, 0);
  state.counters["flop/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * rows * cols * (cols + 1),
                         benchmark::Counter::kIsRate);
}
BENCHMARK(covariance_of_100_columns)->Unit(benchmark::kMillisecond);

constexpr std::size_t kSeries = 1'000'000;

void window_features(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto stride = static_cast<std::size_t>(state.range(1));
  const std::size_t windows = WindowFeatures::windows(kSeries, size, stride);
  std::vector<double> out(windows * kWindowFeatures);
  WindowWorkspace workspace;
  run_op<WindowFeatures>(state, {{values().data(), kSeries}, size, stride, &workspace}, {out},
                         windows, 0);
}
BENCHMARK(window_features)
    ->ArgNames({"size", "stride"})
    ->Args({64, 1})
    ->Args({64, 64})
    ->Args({5, 1})
    ->Args({1024, 1})
    ->Args({65'536, 1})
    ->Args({1024, 100})
    ->Args({1024, 1024})
    ->Unit(benchmark::kMillisecond);

// What a program without a library writes: every window by itself, cosines and sines term by term.
void plain_window(const double* x, std::size_t size, double* out) {
  const auto n = static_cast<double>(size);
  double mean = 0;
  for (std::size_t t = 0; t < size; ++t) mean += x[t] / n;
  double m2 = 0;
  double m3 = 0;
  out[3] = out[4] = x[0];
  for (std::size_t t = 0; t < size; ++t) {
    const double d = x[t] - mean;
    m2 += d * d / n;
    m3 += d * d * d / n;
    out[3] = std::min(out[3], x[t]);
    out[4] = std::max(out[4], x[t]);
  }
  out[0] = mean;
  out[1] = m2;
  out[2] = m2 > 0 ? m3 / (m2 * std::sqrt(m2)) : 0;
  for (std::size_t k = 0; k < 5; ++k) {
    double re = 0;
    double im = 0;
    for (std::size_t t = 0; t < size; ++t) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(k * t) / n;
      re += x[t] * cos(angle);
      im -= x[t] * sin(angle);
    }
    out[5 + k] = std::sqrt(re * re + im * im) / n;
  }
}

void window_features_plain(benchmark::State& state) {
  constexpr std::size_t kWindows = 2000;
  std::vector<double> out(kWindows * kWindowFeatures);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kWindows; ++i) {
      plain_window(values().data() + i, 64, out.data() + i * kWindowFeatures);
    }
    benchmark::DoNotOptimize(out.data());
  }
  report(state, kWindows, 0);
}
BENCHMARK(window_features_plain)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
