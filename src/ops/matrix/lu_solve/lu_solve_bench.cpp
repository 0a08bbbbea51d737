// Solution of n x n with one right-hand side: (2/3) n^3 flops. The peer is what numerical libraries
// call on the same OpenBLAS: dgetrf, dgecon, dgetrs on one thread, without refinement and without
// measuring the backward error.
#include <benchmark/benchmark.h>

#include <vector>

#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/sample.hpp"
#include "ops/matrix/lapack.hpp"
#include "ops/matrix/lu_solve/lu_solve.hpp"

namespace weir::ops {
namespace {

void report(benchmark::State& state) {
  const auto n = static_cast<double>(state.range(0));
  state.counters["GFLOP/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * 2e-9 / 3 * n * n * n, benchmark::Counter::kIsRate);
}

void lu_solve(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<double> a = factor::random_matrix(n, n, 1);
  const Matrix<double> b = factor::random_matrix(n, 1, 2);
  Matrix<double> x(n, 1);
  LuSolve::Output out{.x = x.view()};
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  for (auto _ : state)
    benchmark::DoNotOptimize(LuSolve::cpu(run, {a.view(), b.view()}, out).is_ok());
  report(state);
}
BENCHMARK(lu_solve)->Args({128, 1})->Args({1024, 1})->Args({1024, 2})->UseRealTime()->Unit(
    benchmark::kMicrosecond);

void lu_solve_lapack(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<double> a = factor::random_matrix(n, n, 1);
  const Matrix<double> b = factor::random_matrix(n, 1, 2);
  Matrix<double> x(n, 1), factors(n, n);
  const auto order = static_cast<lapack::Int>(n);
  const lapack::Int one = 1;
  std::vector<lapack::Int> pivots(n), signs(n);
  std::vector<double> work(4 * n);
  for (auto _ : state) {
    factor::copy(a.view(), factors.view());
    factor::copy(b.view(), x.view());
    const double norm = factor::norm_one(a.view());
    lapack::Int info = 0;
    double rcond = 0;
    lapack::dgetrf_(&order, &order, factors.data(), &order, pivots.data(), &info);
    lapack::dgecon_("I", &order, factors.data(), &order, &norm, &rcond, work.data(), signs.data(),
                    &info, 1);
    lapack::dgetrs_("T", &order, &one, factors.data(), &order, pivots.data(), x.data(), &order,
                    &info, 1);
    benchmark::DoNotOptimize(info);
  }
  report(state);
}
BENCHMARK(lu_solve_lapack)->Arg(128)->Arg(1024)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace weir::ops
