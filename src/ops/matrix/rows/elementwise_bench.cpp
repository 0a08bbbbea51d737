// Bytes decide: a core reads about 30 GB/s from memory, so 4,096^2 f64 (128 MiB a matrix) takes at
// least 13 ms to add, 9 ms to scale or transpose. memcpy moves the same two matrices as the latter.
#include <benchmark/benchmark.h>

#include <cstring>
#include <utility>

#include "ops/matrix/add/add.hpp"
#include "ops/matrix/scale/scale.hpp"
#include "ops/matrix/transpose/transpose.hpp"

namespace weir::ops {
namespace {

struct Square {
  explicit Square(std::int64_t side)
      : n(static_cast<std::size_t>(side)), a(n, n), b(n, n), c(n, n) {
    for (std::size_t i = 0; i < n * n; ++i) a.data()[i] = b.data()[i] = static_cast<double>(i);
  }
  std::size_t n;
  Matrix<double> a, b, c;
  Workers workers{1};
};

void report(benchmark::State& state, const Square& square, double matrices, const Status& status) {
  if (!status.is_ok()) state.SkipWithError("refused");
  const double bytes = matrices * 8 * static_cast<double>(square.n * square.n);
  state.counters["GB/s"] = benchmark::Counter(
      bytes * static_cast<double>(state.iterations()) * 1e-9, benchmark::Counter::kIsRate);
}

void add(benchmark::State& state) {
  Square square(state.range(0));
  CpuRun run{square.workers};
  AddF64::Output out{square.c.view()};
  Status status;
  for (auto _ : state) {
    status = AddF64::cpu(run, {square.a.view(), square.b.view()}, out);
    benchmark::ClobberMemory();
  }
  report(state, square, 3, status);
}
BENCHMARK(add)->Arg(256)->Arg(4096)->UseRealTime();

void scale(benchmark::State& state) {
  Square square(state.range(0));
  CpuRun run{square.workers};
  ScaleF64::Output out{square.c.view()};
  Status status;
  for (auto _ : state) {
    status = ScaleF64::cpu(run, {square.a.view(), 3}, out);
    benchmark::ClobberMemory();
  }
  report(state, square, 2, status);
}
BENCHMARK(scale)->Arg(256)->Arg(4096)->UseRealTime();

void transpose(benchmark::State& state) {
  Square square(state.range(0));
  CpuRun run{square.workers};
  TransposeF64::Output out{square.c.view()};
  Status status;
  for (auto _ : state) {
    status = TransposeF64::cpu(run, {square.a.view()}, out);
    benchmark::ClobberMemory();
  }
  report(state, square, 2, status);
}
BENCHMARK(transpose)->Arg(256)->Arg(1024)->Arg(4096)->UseRealTime();

void transpose_naive(benchmark::State& state) {
  Square square(state.range(0));
  TransposeF64::Output out{square.c.view()};
  Status status;
  for (auto _ : state) {
    status = TransposeF64::reference({square.a.view()}, out);
    benchmark::ClobberMemory();
  }
  report(state, square, 2, status);
}
BENCHMARK(transpose_naive)->Arg(256)->Arg(1024)->Arg(4096)->UseRealTime();

void copy(benchmark::State& state) {
  Square square(state.range(0));
  for (auto _ : state) {
    std::memcpy(square.c.data(), square.a.data(), 8 * square.n * square.n);
    benchmark::ClobberMemory();
  }
  report(state, square, 2, Status::ok());
}
BENCHMARK(copy)->Arg(256)->Arg(1024)->Arg(4096)->UseRealTime();

}  // namespace
}  // namespace weir::ops
