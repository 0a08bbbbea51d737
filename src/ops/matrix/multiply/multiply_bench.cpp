// Ceilings of one core: AVX-512 starts two fused vectors a cycle, 32 f64 or 64 f32 operations, 128
// of bf16, 256 of bytes. At 1,024^3 an f64 product reads and writes 24 MB: 2.1 G operations
// decide, not bytes.
#include <benchmark/benchmark.h>
#include <cblas.h>

#include <vector>

#include "ops/matrix/multiply/multiply.hpp"
#include "ops/matrix/multiply/multiply_problem.hpp"

namespace weir::ops {
namespace {

void report(benchmark::State& state, double operations) {
  state.counters["GOP/s"] = benchmark::Counter(
      operations * static_cast<double>(state.iterations()) * 1e-9, benchmark::Counter::kIsRate);
}

template <class M>
void multiply(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  Problem<M> problem({.m = n, .n = n, .k = n}, 1);
  Workers workers(static_cast<unsigned>(state.range(1)));
  CpuRun run{workers};
  auto out = problem.output();
  const auto args = problem.args();
  for (auto _ : state) {
    if (!M::cpu(run, args, out).is_ok()) state.SkipWithError("refused");
    benchmark::ClobberMemory();
  }
  report(state, M::footprint(args).flops);
}
BENCHMARK(multiply<MultiplyF64>)->ArgsProduct({{64, 256, 512, 1024}, {1}})->UseRealTime();
BENCHMARK(multiply<MultiplyF32>)->ArgsProduct({{64, 256, 512, 1024}, {1}})->UseRealTime();
BENCHMARK(multiply<MultiplyBf16>)->ArgsProduct({{64, 256, 1024}, {1}})->UseRealTime();
BENCHMARK(multiply<MultiplyF16>)->ArgsProduct({{256, 1024}, {1}})->UseRealTime();
BENCHMARK(multiply<MultiplyU8>)->ArgsProduct({{64, 256, 1024}, {1}})->UseRealTime();
BENCHMARK(multiply<MultiplyS8>)->ArgsProduct({{256, 1024}, {1}})->UseRealTime();
BENCHMARK(multiply<MultiplyF64>)->Args({1024, 2})->UseRealTime();
BENCHMARK(multiply<MultiplyBf16>)->Args({1024, 2})->UseRealTime();
BENCHMARK(multiply<MultiplyU8>)->Args({1024, 2})->UseRealTime();

// The peer: what numpy of Debian calls with this OpenBLAS.
void openblas_f64(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto size = static_cast<int>(n);
  Problem<MultiplyF64> problem({.m = n, .n = n, .k = n}, 1);
  for (auto _ : state) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, problem.a.data(),
                size, problem.b.data(), size, 0, problem.c.data(), size);
    benchmark::ClobberMemory();
  }
  report(state, 2.0 * static_cast<double>(n * n * n));
}
BENCHMARK(openblas_f64)->Arg(64)->Arg(256)->Arg(512)->Arg(1024)->UseRealTime();

void openblas_f32(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto size = static_cast<int>(n);
  Problem<MultiplyF32> problem({.m = n, .n = n, .k = n}, 1);
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, problem.a.data(),
                size, problem.b.data(), size, 0, problem.c.data(), size);
    benchmark::ClobberMemory();
  }
  report(state, 2.0 * static_cast<double>(n * n * n));
}
BENCHMARK(openblas_f32)->Arg(64)->Arg(256)->Arg(512)->Arg(1024)->UseRealTime();

// The baseline: three loops over vectors of vectors.
void naive_f64(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  using Rows = std::vector<std::vector<double>>;
  const Rows a(n, std::vector<double>(n, 1.0 / 3));
  const Rows b(n, std::vector<double>(n, 1.0 / 7));
  Rows c(n, std::vector<double>(n));
  for (auto _ : state) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < n; ++k) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
    }
    benchmark::DoNotOptimize(c.data());
  }
  report(state, 2.0 * static_cast<double>(n * n * n));
}
BENCHMARK(naive_f64)->Arg(64)->Arg(256)->Arg(512)->UseRealTime();

}  // namespace
}  // namespace weir::ops
