// Inverse of n x n: 2 n^3 flops; the floor is the rate of a dense f64 product. The peer is what
// numerical libraries call on the same OpenBLAS: dgetrf, then dgetri, on one thread.
#include <benchmark/benchmark.h>

#include <vector>

#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/sample.hpp"
#include "ops/matrix/inverse/inverse.hpp"
#include "ops/matrix/lapack.hpp"

namespace weir::ops {
namespace {

void report(benchmark::State& state) {
  const auto n = static_cast<double>(state.range(0));
  state.counters["GFLOP/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * 2e-9 * n * n * n, benchmark::Counter::kIsRate);
}

void inverse(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<double> a = factor::random_matrix(n, n, 1);
  Matrix<double> result(n, n);
  Inverse::Output out{.inverse = result.view()};
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Inverse::cpu(run, {a.view()}, out).is_ok());
  report(state);
}
BENCHMARK(inverse)->Args({128, 1})->Args({1024, 1})->Args({1024, 2})->UseRealTime()->Unit(
    benchmark::kMicrosecond);

void inverse_lapack(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<double> a = factor::random_matrix(n, n, 1);
  Matrix<double> result(n, n);
  const auto order = static_cast<lapack::Int>(n);
  const lapack::Int work_size = 64 * order;
  std::vector<lapack::Int> pivots(n);
  for (auto _ : state) {
    std::vector<double> work(static_cast<std::size_t>(work_size));
    factor::copy(a.view(), result.view());
    lapack::Int info = 0;
    lapack::dgetrf_(&order, &order, result.data(), &order, pivots.data(), &info);
    lapack::dgetri_(&order, result.data(), &order, pivots.data(), work.data(), &work_size, &info);
    benchmark::DoNotOptimize(info);
  }
  report(state);
}
BENCHMARK(inverse_lapack)->Arg(128)->Arg(1024)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace weir::ops
