// All eigenvalues and vectors of n x n: about 5 n^3 flops, a third of them memory-bound. The peer
// is one dsyevd of the same OpenBLAS, one thread.
#include <benchmark/benchmark.h>

#include <vector>

#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/sample.hpp"
#include "ops/matrix/lapack.hpp"

namespace weir::ops {
namespace {

Matrix<double> sample(std::size_t n) {
  return factor::symmetric_part(factor::random_matrix(n, n, 1).view());
}

void eigen_symmetric(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<double> a = sample(n);
  std::vector<double> values(n);
  Matrix<double> vectors(n, n);
  EigenSymmetric::Output out{.values = values, .vectors = vectors.view()};
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  for (auto _ : state) benchmark::DoNotOptimize(EigenSymmetric::cpu(run, {a.view()}, out).is_ok());
}
BENCHMARK(eigen_symmetric)
    ->Args({100, 1})
    ->Args({1024, 1})
    ->Args({1024, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void eigen_symmetric_lapack(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Matrix<double> a = sample(n);
  Matrix<double> vectors(n, n);
  std::vector<double> values(n);
  const auto order = static_cast<lapack::Int>(n);
  const lapack::Int work_size = 1 + 6 * order + 2 * order * order, whole_size = 3 + 5 * order;
  AlignedBuffer<double> work(static_cast<std::size_t>(work_size));
  std::vector<lapack::Int> whole(static_cast<std::size_t>(whole_size));
  for (auto _ : state) {
    factor::copy(a.view(), vectors.view());
    lapack::Int info = 0;
    lapack::dsyevd_("V", "L", &order, vectors.data(), &order, values.data(), work.data(),
                    &work_size, whole.data(), &whole_size, &info, 1, 1);
    benchmark::DoNotOptimize(info);
  }
}
BENCHMARK(eigen_symmetric_lapack)
    ->Arg(100)
    ->Arg(1024)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
