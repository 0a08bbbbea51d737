// Cholesky of n x n: n^3 / 3 flops. The peer is one call of dpotrf of the same OpenBLAS.
#include <benchmark/benchmark.h>

#include "ops/matrix/chol_solve/chol_solve.hpp"
#include "ops/matrix/cholesky/cholesky.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/lapack.hpp"

namespace weir::ops {
namespace {

Matrix<double> sample(std::size_t n) {
  Matrix<double> a(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j)
      a(i, j) = 1 / (1 + static_cast<double>(i > j ? i - j : j - i));
    a(i, i) += 1;
  }
  return a;
}

void report(benchmark::State& state) {
  const auto n = static_cast<double>(state.range(0));
  state.counters["GFLOP/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * 1e-9 / 3 * n * n * n, benchmark::Counter::kIsRate);
}

void cholesky(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<double> a = sample(n);
  Matrix<double> lower(n, n);
  Cholesky::Output out{.lower = lower.view()};
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Cholesky::cpu(run, {a.view()}, out).is_ok());
  report(state);
}
BENCHMARK(cholesky)->Args({128, 1})->Args({1024, 1})->Args({1024, 2})->UseRealTime()->Unit(
    benchmark::kMicrosecond);

void chol_solve(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<double> a = sample(n);
  const Matrix<double> b(n, 1);
  Matrix<double> x(n, 1);
  CholSolve::Output out{.x = x.view()};
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  for (auto _ : state)
    benchmark::DoNotOptimize(CholSolve::cpu(run, {a.view(), b.view()}, out).is_ok());
  report(state);
}
BENCHMARK(chol_solve)
    ->Args({1024, 1})
    ->Args({1024, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void cholesky_lapack(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<double> a = sample(n);
  Matrix<double> lower(n, n);
  const auto order = static_cast<lapack::Int>(n);
  for (auto _ : state) {
    factor::copy(a.view(), lower.view());
    lapack::Int info = 0;
    lapack::dpotrf_("U", &order, lower.data(), &order, &info, 1);
    benchmark::DoNotOptimize(info);
  }
  report(state);
}
BENCHMARK(cholesky_lapack)->Arg(128)->Arg(1024)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace weir::ops
