// What halving gains over the ordinary product, and from which size on: 1/8 of the operations a
// level, less 18 passes over quarters, each 3 x n^2 / 4 elements at the rate of the memory.
#include <benchmark/benchmark.h>

#include "ops/matrix/multiply/multiply.hpp"
#include "ops/matrix/strassen_multiply/strassen_multiply.hpp"

namespace weir::ops {
namespace {

struct Square {
  explicit Square(std::int64_t side)
      : n(static_cast<std::size_t>(side)), a(n, n), b(n, n), c(n, n) {
    for (std::size_t i = 0; i < n * n; ++i) {
      a.data()[i] = static_cast<double>(i % 1013) - 500;
      b.data()[i] = static_cast<double>(i % 997) - 500;
    }
  }
  MatrixView<double> left() const { return a.view(); }
  MatrixView<double> right() const { return b.view(); }
  std::size_t n;
  Matrix<double> a, b, c;
  Workers workers{1};
};

void report(benchmark::State& state, const Square& square, const Status& status) {
  if (!status.is_ok()) state.SkipWithError("refused");
  const auto n = static_cast<double>(square.n);
  state.counters["GOP/s of the ordinary product"] = benchmark::Counter(
      2e-9 * n * n * n * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void strassen(benchmark::State& state) {
  Square square(state.range(0));
  CpuRun run{square.workers};
  const StrassenMultiply::Args args{square.left(), square.right(),
                                    static_cast<std::size_t>(state.range(1))};
  AlignedBuffer<double> workspace(StrassenMultiply::workspace_elements(args));
  StrassenMultiply::Output out{square.c.view(), workspace.span()};
  Status status;
  for (auto _ : state) status = StrassenMultiply::cpu(run, args, out);
  report(state, square, status);
}
BENCHMARK(strassen)->ArgsProduct({{1024, 2048, 4096}, {512, 1024, 2048}});

void ordinary(benchmark::State& state) {
  Square square(state.range(0));
  CpuRun run{square.workers};
  MultiplyF64::Output out{square.c.view()};
  Status status;
  for (auto _ : state) {
    status = MultiplyF64::cpu(run, {.a = square.left(), .b = square.right()}, out);
  }
  report(state, square, status);
}
BENCHMARK(ordinary)->Arg(1024)->Arg(2048)->Arg(4096);

}  // namespace
}  // namespace weir::ops
