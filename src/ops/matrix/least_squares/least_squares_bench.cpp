// Least squares, 100,000 x 50, one right-hand side: 2 m n^2 flops. The peer is one dgelsy of the
// same OpenBLAS on the column-major matrix.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "ops/matrix/factor/sample.hpp"
#include "ops/matrix/lapack.hpp"
#include "ops/matrix/least_squares/least_squares.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRows = 100'000;
constexpr std::size_t kCols = 50;

void report(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

void least_squares(benchmark::State& state) {
  const Matrix<double> a = factor::random_matrix(kRows, kCols, 1);
  const Matrix<double> b = factor::random_matrix(kRows, 1, 2);
  Matrix<double> x(kCols, 1);
  LeastSquares::Output out{.x = x.view()};
  Workers workers(static_cast<unsigned>(state.range(0)));
  CpuRun run{workers};
  for (auto _ : state)
    benchmark::DoNotOptimize(LeastSquares::cpu(run, {.a = a.view(), .b = b.view()}, out).is_ok());
  report(state);
}
BENCHMARK(least_squares)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void least_squares_lapack(benchmark::State& state) {
  const Matrix<double> a = factor::random_matrix(kCols, kRows, 1);  // its transpose, by columns
  const Matrix<double> b = factor::random_matrix(1, kRows, 2);
  Matrix<double> columns(kCols, kRows), side(1, kRows);
  const lapack::Int m = kRows, n = kCols, p = 1, work_size = 64 * (kCols + 1);
  const double tolerance = 1e-12;
  std::vector<double> work(static_cast<std::size_t>(work_size));
  for (auto _ : state) {
    std::copy_n(a.data(), kRows * kCols, columns.data());
    std::copy_n(b.data(), kRows, side.data());
    std::vector<lapack::Int> pivots(kCols);
    lapack::Int rank = 0, info = 0;
    lapack::dgelsy_(&m, &n, &p, columns.data(), &m, side.data(), &m, pivots.data(), &tolerance,
                    &rank, work.data(), &work_size, &info);
    benchmark::DoNotOptimize(rank);
  }
  report(state);
}
BENCHMARK(least_squares_lapack)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
