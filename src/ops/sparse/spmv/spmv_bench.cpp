// Matrices larger than the caches: the rows say which share of a plain read of memory they reach.
#include <benchmark/benchmark.h>

#include <numeric>

#include "base/huge_vector.hpp"
#include "ops/sparse/sparse_sample.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {
namespace {

// Returns a matrix with `per_row` entries a row, near the diagonal if `near`, else anywhere.
Csr regular(std::size_t rows, std::size_t per_row, bool near) {
  Philox rng(20261121, per_row);
  CsrParts parts{.rows = rows, .cols = rows};
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t width = near ? 4 * per_row : rows;
    const std::size_t from = near ? std::min(r, rows - width) : 0;
    const std::size_t step = width / per_row;
    for (std::size_t i = 0; i < per_row; ++i) {
      const std::size_t column = from + i * step + rng.next_below(static_cast<std::uint32_t>(step));
      parts.columns.push_back(static_cast<std::uint32_t>(column));
      parts.values.push_back(rng.next_unit());
    }
    parts.offsets.push_back(parts.columns.size());
  }
  return Csr(std::move(parts));
}

void run_bench(benchmark::State& state, const Csr& a, bool reference) {
  const HugeVector<double> x(a.view().cols(), 1.5);
  HugeVector<double> y(a.view().rows());
  Workers workers(1);
  CpuRun run{workers};
  Spmv::Output out{y};
  for (auto _ : state) {
    const Status done =
        reference ? Spmv::reference({a.view(), x}, out) : Spmv::cpu(run, {a.view(), x}, out);
    if (!done) state.SkipWithError("failed");
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(a.view().entries()));
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(a.view().bytes() + 8 * (x.size() + y.size())));
}

void spmv_tridiagonal(benchmark::State& state) {
  run_bench(state, tridiagonal(4'000'000, -1, 2, -1), state.range(0) != 0);
}
BENCHMARK(spmv_tridiagonal)->Arg(0)->Arg(1);

// Arguments: entries a row, whether near the diagonal.
void spmv_regular(benchmark::State& state) {
  const auto per_row = static_cast<std::size_t>(state.range(0));
  run_bench(state, regular(12'000'000 / per_row, per_row, state.range(1) != 0), false);
}
BENCHMARK(spmv_regular)->ArgsProduct({{5, 8, 16, 27, 64, 2000}, {1}})->Args({16, 0});

void spmv_random_lengths(benchmark::State& state) {
  Philox rng(20261121, 3);
  run_bench(state, random_csr(rng, 1'000'000, 50'000, 12), state.range(0) != 0);
}
BENCHMARK(spmv_random_lengths)->Arg(0)->Arg(1);

void read_memory(benchmark::State& state) {
  const HugeVector<double> x(20'000'000, 1.0);
  for (auto _ : state) {
    double lanes[32] = {};
    for (std::size_t i = 0; i < x.size(); i += 32) {
      for (std::size_t l = 0; l < 32; ++l) lanes[l] += x[i + l];
    }
    benchmark::DoNotOptimize(lanes);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(x.size() * 8));
}
BENCHMARK(read_memory);

}  // namespace
}  // namespace weir::ops
