// Products, building and solving; tests of speed beside the references.
#include <benchmark/benchmark.h>

#include "ops/sparse/build/build.hpp"
#include "ops/sparse/cg/cg.hpp"
#include "ops/sparse/sparse_sample.hpp"
#include "ops/sparse/spgemm/spgemm.hpp"
#include "ops/sparse/spmm/spmm.hpp"
#include "ops/sparse/transpose/transpose.hpp"

namespace weir::ops {
namespace {

// Calls the op, or its reference if the first argument is not 0, on one thread.
template <class Op>
void run_bench(benchmark::State& state, const typename Op::Args& args, typename Op::Output& out,
               std::size_t items) {
  Workers workers(1);
  CpuRun run{workers};
  for (auto _ : state) {
    if (!(state.range(0) != 0 ? Op::reference(args, out) : Op::cpu(run, args, out))) {
      state.SkipWithError("failed");
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
}

// Items: triples.
void sparse_build(benchmark::State& state) {
  constexpr std::size_t kTriples = 2'000'000;
  Philox rng(20261121, 31);
  std::vector<std::uint32_t> row, column;
  for (std::size_t i = 0; i < kTriples; ++i) {
    row.push_back(rng.next_below(200'000));
    column.push_back(rng.next_below(200'000));
  }
  const std::vector<double> value = random_vector(rng, kTriples);
  CsrBuild::Output out;
  run_bench<CsrBuild>(state, {200'000, 200'000, row, column, value}, out, kTriples);
}
BENCHMARK(sparse_build)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// Items: entries.
void sparse_transpose(benchmark::State& state) {
  Philox rng(20261121, 32);
  const Csr a = random_csr(rng, 200'000, 200'000, 10);
  CsrTranspose::Output out;
  run_bench<CsrTranspose>(state, {a.view()}, out, a.view().entries());
}
BENCHMARK(sparse_transpose)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// Items: multiplications.
void sparse_spmm(benchmark::State& state) {
  Philox rng(20261121, 33);
  const Csr a = random_csr(rng, 100'000, 2'000, 12);
  Matrix<double> b(2'000, 64);
  for (std::size_t i = 0; i < 2'000 * 64; ++i) b.data()[i] = rng.next_unit();
  Matrix<double> c(100'000, 64);
  Spmm::Output out{c.view()};
  run_bench<Spmm>(state, {a.view(), b.view()}, out, a.view().entries() * 64);
}
BENCHMARK(sparse_spmm)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// Items: multiplications.
void sparse_spgemm(benchmark::State& state) {
  Philox rng(20261121, 34);
  const Csr a = random_csr(rng, 50'000, 50'000, 10);
  std::size_t products = 0;
  for (const std::uint32_t k : a.view().columns()) products += a.view().row_entries(k);
  Spgemm::Output out;
  run_bench<Spgemm>(state, {a.view(), a.view()}, out, products);
}
BENCHMARK(sparse_spgemm)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// Items: rows times iterations.
void sparse_cg(benchmark::State& state) {
  constexpr std::size_t kRows = 1'000'000;
  const Csr a = tridiagonal(kRows, -1, 2, -1);
  const std::vector<double> b(kRows, 1.0);
  std::vector<double> x(kRows);
  Cg::Output out{x};
  run_bench<Cg>(state, {.a = a.view(), .b = b, .iterations_max = 20}, out, kRows * 20);
}
BENCHMARK(sparse_cg)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::ops
