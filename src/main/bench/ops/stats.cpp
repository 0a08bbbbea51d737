// Workloads of columns: sums, moments, quantiles, windows.
#include <memory>

#include "main/bench/ops/workload.hpp"
#include "ops/stats/moments/moments.hpp"
#include "ops/stats/sum/sum.hpp"
#include "ops/stats/window_features/window_features.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kRows = 32'000'000;  // 256 MB: far beyond the caches
constexpr std::size_t kSamples = 1'000'000;
constexpr std::size_t kWindow = 64;

Result<Run> make_sum(ops::Workers& workers) {
  auto x = std::make_shared<std::vector<double>>(bench_numbers(kRows, 1));
  return Run([x, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::Sum::Output out;
    return ops::Sum::cpu(run, {.x = ops::Values::of(std::span<const double>(*x))}, out);
  });
}

Result<Run> make_moments(ops::Workers& workers) {
  auto x = std::make_shared<std::vector<double>>(bench_numbers(kRows, 1));
  return Run([x, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::MomentsOf::Output out;
    return ops::MomentsOf::cpu(run, {.x = ops::Values::of(std::span<const double>(*x))}, out);
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
  sum.peer = "sum";
  sum.make = make_sum;
  Workload moments = sum;
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
  return {sum, moments, features};
}

}  // namespace weir::main
