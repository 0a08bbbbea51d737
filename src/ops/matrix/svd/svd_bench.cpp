// Thin SVD with both sides' vectors. The peer is one dgesdd of the same OpenBLAS, one thread.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "ops/matrix/factor/sample.hpp"
#include "ops/matrix/lapack.hpp"
#include "ops/matrix/svd/svd.hpp"

namespace weir::ops {
namespace {

void svd(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0));
  const auto n = static_cast<std::size_t>(state.range(1));
  const Matrix<double> a = factor::random_matrix(m, n, 1);
  Matrix<double> u(m, n), vt(n, n);
  std::vector<double> values(n);
  Svd::Output out{.u = u.view(), .values = values, .vt = vt.view()};
  Workers workers(static_cast<unsigned>(state.range(2)));
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(Svd::cpu(run, {a.view()}, out).is_ok());
}
BENCHMARK(svd)
    ->Args({256, 256, 1})
    ->Args({20000, 64, 1})
    ->Args({20000, 64, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void svd_lapack(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto cols = static_cast<std::size_t>(state.range(1));
  const Matrix<double> a = factor::random_matrix(cols, rows, 1);  // its transpose, by columns
  Matrix<double> columns(cols, rows), u(cols, rows), vt(cols, cols);
  std::vector<double> values(cols);
  const auto m = static_cast<lapack::Int>(rows), n = static_cast<lapack::Int>(cols);
  const lapack::Int work_size = 8 * n * n + 200 * n;
  std::vector<double> work(static_cast<std::size_t>(work_size));
  std::vector<lapack::Int> whole(8 * cols);
  for (auto _ : state) {
    std::copy_n(a.data(), rows * cols, columns.data());
    lapack::Int info = 0;
    lapack::dgesdd_("S", &m, &n, columns.data(), &m, values.data(), u.data(), &m, vt.data(), &n,
                    work.data(), &work_size, whole.data(), &info, 1);
    benchmark::DoNotOptimize(info);
  }
}
BENCHMARK(svd_lapack)
    ->Args({256, 256})
    ->Args({20000, 64})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
