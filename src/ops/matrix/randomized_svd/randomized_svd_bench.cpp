// The 50 leading values and vectors of 20,000 x 500 with oversample 10 and power 2: 12 m n k flops,
// 6 reads of the matrix. The baseline is the exact SVD of the same matrix.
#include <benchmark/benchmark.h>

#include <vector>

#include "ops/matrix/factor/sample.hpp"
#include "ops/matrix/factor/thin_svd.hpp"
#include "ops/matrix/randomized_svd/randomized_svd.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRows = 20'000;
constexpr std::size_t kCols = 500;
constexpr std::size_t kRank = 50;

void randomized_svd(benchmark::State& state) {
  const Matrix<double> a = factor::random_matrix(kRows, kCols, 1);
  Matrix<double> u(kRows, kRank), vt(kRank, kCols);
  std::vector<double> values(kRank);
  RandomizedSvd::Output out{.u = u.view(), .values = values, .vt = vt.view()};
  Workers workers(static_cast<unsigned>(state.range(0)));
  CpuRun run{workers};
  for (auto _ : state)
    benchmark::DoNotOptimize(
        RandomizedSvd::cpu(run, {.a = a.view(), .rank = kRank, .seed = 1}, out).is_ok());
  state.counters["GFLOP/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * 12e-9 * kRows * kCols * (kRank + 10),
      benchmark::Counter::kIsRate);
}
BENCHMARK(randomized_svd)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void exact_svd(benchmark::State& state) {
  const Matrix<double> a = factor::random_matrix(kRows, kCols, 1);
  Matrix<double> u(kRows, kCols), vt(kCols, kCols);
  std::vector<double> values(kCols);
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state)
    benchmark::DoNotOptimize(factor::thin_svd(run, a.view(), u.view(), values, vt.view()).is_ok());
}
BENCHMARK(exact_svd)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
