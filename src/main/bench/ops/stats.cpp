// Workloads of columns: sums, moments, quantiles, windows.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/aligned.hpp"
#include "main/bench/ops/workload.hpp"
#include "ops/expr/expr.hpp"
#include "ops/stats/moments/moments.hpp"
#include "ops/stats/sum/sum.hpp"
#include "ops/stats/window_features/window_features.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kRows = 32'000'000;  // 256 MB: far beyond the caches
constexpr std::size_t kSamples = 1'000'000;
constexpr std::size_t kWindow = 64;

// Numbers in memory like that of columns: huge pages.
AlignedBuffer<double> column_of_numbers(std::uint64_t seed) {
  AlignedBuffer<double> column(kRows);
  std::ranges::copy(bench_numbers(kRows, seed), column.begin());
  return column;
}

Result<Run> make_sum(ops::Workers& workers) {
  auto x = std::make_shared<AlignedBuffer<double>>(column_of_numbers(1));
  return Run([x, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::Sum::Output out;
    return ops::Sum::cpu(run, {.x = ops::Values::of(std::as_const(*x).span())}, out);
  });
}

// One expression over a column, as a map step does it.
Result<Run> make_map(ops::Workers&) {
  struct Data {
    expr::Schema schema;
    AlignedBuffer<double> x = column_of_numbers(3);
    AlignedBuffer<double> y{kRows};
    std::optional<expr::Program> program;
    std::optional<expr::Scratch> scratch;
  };
  auto data = std::make_shared<Data>();
  data->schema.add("x", expr::Type::f64(), Storage::kF64);
  expr::Ast ast;
  WEIR_ASSIGN(const expr::NodeId root, expr::parse("x * 2 + 1", ast));
  expr::Compiler compiler(data->schema, expr::Options::table());
  WEIR_ASSIGN(const expr::OutputId output, compiler.add(ast, root));
  if (output != 0) return fail(internal_error("bench", "the first output is not output 0"));
  WEIR_ASSIGN(data->program, compiler.finish());
  data->scratch.emplace(*data->program);
  return Run([data]() -> Status {
    const ColumnView input = ColumnView::packed(data->x.data());
    const expr::OutputView made{.data = data->y.data()};
    return data->program->evaluate({&input, 1}, kRows, *data->scratch, {&made, 1});
  });
}

Result<Run> make_moments(ops::Workers& workers) {
  auto x = std::make_shared<AlignedBuffer<double>>(column_of_numbers(1));
  return Run([x, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::MomentsOf::Output out;
    return ops::MomentsOf::cpu(run, {.x = ops::Values::of(std::as_const(*x).span())}, out);
  });
}

Result<Run> make_features(ops::Workers& workers) {
  struct Data {
    std::vector<double> series = bench_numbers(kSamples, 2);
    std::vector<double> features =
        std::vector<double>(10 * ops::WindowFeatures::windows(kSamples, kWindow, 1));
  };
  auto data = std::make_shared<Data>();
  return Run([data, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::WindowFeatures::Output out{.features = data->features};
    return ops::WindowFeatures::cpu(run, {.series = data->series, .size = kWindow, .stride = 1},
                                    out);
  });
}

}  // namespace

std::vector<Workload> stats_workloads() {
  Workload sum;
  sum.name = "sum";
  sum.family = "stats";
  sum.what = "canonical sum of 32 M f64 from memory";
  sum.limit = Limit::kDram;
  sum.amount = 8.0 * kRows;
  sum.share_required = 0.85;
  sum.peer = "sum";
  sum.make = make_sum;
  Workload map = sum;
  map.name = "map";
  map.what = "x * 2 + 1 of 32 M f64, from memory to memory: bytes read and written";
  map.amount = 16.0 * kRows;
  map.peer = "map";
  map.make = make_map;
  Workload moments = sum;
  moments.share_required = 0.6;
  moments.name = "moments";
  moments.what = "mean, variance, skewness, kurtosis, extremes of 32 M f64 from memory";
  moments.peer = "moments";
  moments.make = make_moments;
  Workload features;
  features.name = "features";
  features.family = "stats";
  features.what = "ten features of each of 1 M windows of 64 values, stride 1";
  features.seconds_required = 1.0 * kSamples / 12e6;
  features.peer = "features";
  features.make = make_features;
  return {sum, map, moments, features};
}

}  // namespace weir::main
