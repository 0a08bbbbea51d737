// X'X of 1 M x 100: about 10 GFLOP, and 800 MB to read. The floor on one core is the larger of
// 10 GFLOP at the rate of a dense f64 product and 800 MB at the read rate.
#include <benchmark/benchmark.h>
#include <cblas.h>

#include <vector>

#include "base/rng.hpp"
#include "ops/matrix/gram/gram.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRows = 1'000'000;
constexpr std::size_t kCols = 100;

const Matrix<double>& input() {
  static const Matrix<double> x = [] {
    Matrix<double> made(kRows, kCols);
    Philox rng(1, 0);
    for (std::size_t i = 0; i < kRows * kCols; ++i) made.data()[i] = rng.next_unit();
    return made;
  }();
  return x;
}

void report(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
  state.counters["GFLOP/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * 1e-9 * kRows * kCols * (kCols + 1),
      benchmark::Counter::kIsRate);
}

// With shifts, sums and X'y, as training a linear model asks for it.
void gram_shifted(benchmark::State& state) {
  Workers workers(static_cast<unsigned>(state.range(0)));
  CpuRun run{workers};
  const std::vector<double> shift(kCols, 0.5), y(kRows, 1);
  Matrix<double> gram(kCols, kCols);
  std::vector<double> sums(kCols), xy(kCols);
  Gram::Output out{.gram = gram.view(), .sums = sums, .xy = xy};
  const Gram::Args args{.x = input().view(), .shift = shift, .y = y, .y_shift = 0.5};
  for (auto _ : state) benchmark::DoNotOptimize(Gram::cpu(run, args, out).is_ok());
  report(state);
}
BENCHMARK(gram_shifted)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void gram_plain(benchmark::State& state) {
  Workers workers(static_cast<unsigned>(state.range(0)));
  CpuRun run{workers};
  Matrix<double> gram(kCols, kCols);
  Gram::Output out{.gram = gram.view()};
  for (auto _ : state) benchmark::DoNotOptimize(Gram::cpu(run, {.x = input().view()}, out).is_ok());
  report(state);
}
BENCHMARK(gram_plain)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

// The peer: one call of OpenBLAS, one thread, no shifts and no sums.
void gram_dsyrk(benchmark::State& state) {
  Matrix<double> gram(kCols, kCols);
  for (auto _ : state) {
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, kCols, kRows, 1, input().data(), kCols, 0,
                gram.data(), kCols);
    benchmark::DoNotOptimize(gram.data());
  }
  report(state);
}
BENCHMARK(gram_dsyrk)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
