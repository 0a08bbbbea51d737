// Thin QR with Q: 4 m n^2 - (4/3) n^3 flops and more. The peer is dgeqrf and dorgqr of the same
// OpenBLAS on the column-major matrix, one thread.
#include <benchmark/benchmark.h>

#include <vector>

#include "ops/matrix/factor/householder.hpp"
#include "ops/matrix/factor/sample.hpp"
#include "ops/matrix/lapack.hpp"
#include "ops/matrix/qr/qr.hpp"

namespace weir::ops {
namespace {

void report(benchmark::State& state) {
  const auto m = static_cast<double>(state.range(0));
  const auto n = static_cast<double>(state.range(1));
  state.counters["GFLOP/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * 1e-9 * (4 * m * n * n - 4 * n * n * n / 3),
      benchmark::Counter::kIsRate);
}

void qr(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0));
  const auto n = static_cast<std::size_t>(state.range(1));
  const Matrix<double> a = factor::random_matrix(m, n, 1);
  Matrix<double> q(m, n), r(n, n);
  Qr::Output out{.q = q.view(), .r = r.view()};
  Workers workers(static_cast<unsigned>(state.range(2)));
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Qr::cpu(run, {a.view()}, out).is_ok());
  report(state);
}
BENCHMARK(qr)
    ->Args({1000, 1000, 1})
    ->Args({1000, 1000, 2})
    ->Args({100000, 64, 1})
    ->Args({100000, 64, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void qr_lapack(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto cols = static_cast<std::size_t>(state.range(1));
  const Matrix<double> a = factor::random_matrix(cols, rows, 1);  // its transpose, by columns
  Matrix<double> q(cols, rows);
  const auto m = static_cast<lapack::Int>(rows), n = static_cast<lapack::Int>(cols);
  const lapack::Int work_size = 64 * n;
  std::vector<double> tau(cols), work(static_cast<std::size_t>(work_size));
  for (auto _ : state) {
    std::copy_n(a.data(), rows * cols, q.data());
    lapack::Int info = 0;
    lapack::dgeqrf_(&m, &n, q.data(), &m, tau.data(), work.data(), &work_size, &info);
    lapack::dorgqr_(&m, &n, &n, q.data(), &m, tau.data(), work.data(), &work_size, &info);
    benchmark::DoNotOptimize(info);
  }
  report(state);
}
BENCHMARK(qr_lapack)
    ->Args({1000, 1000})
    ->Args({100000, 64})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
