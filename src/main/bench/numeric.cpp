#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/clock.hpp"
#include "main/allocation_count.hpp"
#include "main/bench/numeric_peer.hpp"
#include "main/bench/report.hpp"
#include "main/gate_options.hpp"
#include "main/numeric/numeric_options.hpp"
#include "main/verbs.hpp"
#include "model/numeric/naive.hpp"
#include "model/numeric/pipeline.hpp"

namespace weir::main {
namespace {

constexpr double kLambda = 1;
constexpr std::size_t kSingleRows = 200'000;
constexpr std::size_t kWindow = 64;
constexpr double kSoakSeconds = 600;
constexpr std::uint64_t kOwnBytesMax = 500'000'000;
constexpr std::uint64_t kSoakGrowthMax = std::uint64_t{4} << 20;

constexpr Option kOptions[] = {
    {"rows", "N", "rows trained on and predicted, default 1M"},
    {"columns", "N", "default 100"},
    {"samples", "N", "values of the series of features, default 1M"},
    {"seconds", "N", "measured for each rate, default 1"},
    {"soak", "N", "at the end, work for N seconds and watch the memory; 600 with --targets"},
    {"targets", "", "exit 5 unless everything required is met"},
    {"python", "FILE", "interpreter with scikit-learn, default .venv/bin/python"},
    {"script", "FILE", "the peer, default bench/numeric_peer.py"},
    {"no-peer", "", "time no peer"},
    {"json", "FILE", "write the figures as flat JSON"},
    kThreadsOption,
    kIsaOption,
};

struct Sizes {
  std::size_t rows;
  std::size_t columns;
  std::size_t samples;
  double seconds;
};

// What is asked of the pipeline; a figure that is not measured is not met.
struct Figures {
  double predict_p99_us = 0;
  double predict_per_s = 0;
  double train_s = 0;
  double peer_train_s = 0;
  double features_per_s = 0;
  double features_ratio = 0;
  std::uint64_t allocations = 1;
  std::uint64_t own_bytes = kOwnBytesMax + 1;
  double soak_s = 0;
  std::uint64_t soak_own_bytes = 0;
  std::uint64_t soak_growth_bytes = 0;
};

// Returns the median seconds of calls of `work`, at least three, for about `seconds`.
template <class Work>
Result<double> median_seconds(double seconds, Work&& work) {
  std::vector<double> taken;
  double total = 0;
  while (taken.size() < 3 || total < seconds) {
    const std::int64_t begin_ns = system_clock().mono_ns();
    WEIR_TRY(work());
    taken.push_back(static_cast<double>(system_clock().mono_ns() - begin_ns) * 1e-9);
    total += taken.back();
  }
  std::nth_element(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(taken.size() / 2),
                   taken.end());
  return taken[taken.size() / 2];
}

// Times rows one by one, far apart in memory, so that each comes from DRAM.
Status measure_single_rows(const model::Pipeline& pipeline, const model::LinearModel& model,
                           const NumericSample& sample, Figures& figures, BenchReport& report) {
  std::vector<double> taken(kSingleRows);
  double out = 0;
  for (std::size_t i = 0; i < kSingleRows; ++i) {
    const auto row = sample.x().block(i * 7919 % sample.x().rows, 0, 1, sample.x().cols);
    const std::int64_t begin_ns = system_clock().mono_ns();
    WEIR_TRY(pipeline.predict(model, row, {&out, 1}));
    taken[i] = static_cast<double>(system_clock().mono_ns() - begin_ns) * 1e-3;
  }
  std::sort(taken.begin(), taken.end());
  figures.predict_p99_us = taken[kSingleRows * 99 / 100];
  report.set("predict_p50_us", taken[kSingleRows / 2]);
  report.set("predict_p99_us", figures.predict_p99_us);
  std::printf("predict, one row from memory: p50 %.3f us, p99 %.3f us (the clock is in both)\n",
              taken[kSingleRows / 2], figures.predict_p99_us);
  return Status::ok();
}

Status measure_predict(const model::Pipeline& pipeline, const model::LinearModel& model,
                       const NumericSample& sample, const Sizes& sizes, Figures& figures,
                       BenchReport& report) {
  std::vector<double> out(sizes.rows);
  WEIR_ASSIGN(const double seconds, median_seconds(sizes.seconds, [&] {
                return pipeline.predict(model, sample.x(), out);
              }));
  figures.predict_per_s = static_cast<double>(sizes.rows) / seconds;
  const double bytes = static_cast<double>(sizes.rows * sizes.columns * sizeof(double));
  report.set("predict_per_s", figures.predict_per_s);
  std::printf("predict, %zu columns, one thread: %.2f M rows/s, %.1f GB/s\n", sizes.columns,
              figures.predict_per_s / 1e6, bytes / seconds / 1e9);
  return measure_single_rows(pipeline, model, sample, figures, report);
}

// What the caller's rows and targets take.
std::uint64_t data_bytes(const NumericSample& sample) {
  return (sample.x().size() + sample.y().size()) * sizeof(double);
}

Result<model::LinearModel> measure_training(model::Pipeline& pipeline, const NumericSample& sample,
                                            const Sizes& sizes, Figures& figures,
                                            BenchReport& report) {
  const std::uint64_t before = resident_bytes();
  model::LinearModel model;
  WEIR_ASSIGN(figures.train_s, median_seconds(sizes.seconds, [&]() -> Status {
                model::MemorySource source(sample.x());
                WEIR_ASSIGN(model, pipeline.train(source, sample.y(), {.lambda = kLambda}));
                return Status::ok();
              }));
  // What the process holds besides the caller's rows, at its peak.
  const std::uint64_t peak = resident_bytes_peak();
  figures.own_bytes = peak - std::min(peak, data_bytes(sample));
  report.set("train_s", figures.train_s);
  report.set("components", std::uint64_t{model.components()});
  report.set("own_rss_bytes", figures.own_bytes);
  std::printf(
      "train, %zu x %zu: %.3f s, %zu components; own memory %.0f MB (%.0f MB while training)\n",
      sizes.rows, sizes.columns, figures.train_s, model.components(),
      static_cast<double>(figures.own_bytes) / 1e6,
      static_cast<double>(resident_bytes_peak() - std::min(before, resident_bytes_peak())) / 1e6);
  return model;
}

Status measure_features(model::Pipeline& pipeline, const Sizes& sizes, Figures& figures,
                        BenchReport& report) {
  const std::vector<double> series = numeric_series(sizes.samples);
  const model::WindowSpec spec{.size = kWindow, .stride = 1};
  const std::size_t windows = model::window_count(series.size(), spec);
  std::vector<double> out(windows * model::kWindowFeatures);
  WEIR_ASSIGN(const double seconds, median_seconds(sizes.seconds, [&] {
                return pipeline.extract_features(series, spec, out);
              }));
  const std::int64_t begin_ns = system_clock().mono_ns();
  const model::naive::Rows naive = model::naive::window_features(series, spec.size, spec.stride);
  const double naive_s = static_cast<double>(system_clock().mono_ns() - begin_ns) * 1e-9;
  double furthest = 0;
  for (std::size_t i = 0; i < windows; ++i) {
    for (std::size_t f = 0; f < model::kWindowFeatures; ++f) {
      furthest = std::max(furthest, std::fabs(out[i * model::kWindowFeatures + f] - naive[i][f]));
    }
  }
  figures.features_per_s = static_cast<double>(windows) / seconds;
  figures.features_ratio = naive_s / seconds;
  report.set("features_per_s", static_cast<double>(windows) / seconds);
  report.set("naive_features_per_s", static_cast<double>(windows) / naive_s);
  report.set("features_ratio_to_naive", figures.features_ratio);
  report.set("features_max_difference", furthest);
  std::printf(
      "features, size %zu, stride 1, one thread: %.2f M windows/s, naive %.3f M/s, ratio %.1f; "
      "furthest apart %.2g\n",
      kWindow, static_cast<double>(windows) / seconds / 1e6,
      static_cast<double>(windows) / naive_s / 1e6, figures.features_ratio, furthest);
  return Status::ok();
}

Status count_allocations(model::Pipeline& pipeline, const model::LinearModel& model,
                         const NumericSample& sample, Figures& figures, BenchReport& report) {
  const std::vector<double> series = numeric_series(500'000);  // work for several threads
  std::vector<double> out(1000);
  const auto work = [&]() -> Status {
    WEIR_TRY(pipeline.extract_features(series, {.size = kWindow, .stride = 1}));
    WEIR_TRY(pipeline.predict(
        model, sample.x().block(0, 0, std::min(out.size(), sample.x().rows), sample.x().cols),
        std::span(out).first(std::min(out.size(), sample.x().rows))));
    pipeline.reset();
    return Status::ok();
  };
  WEIR_TRY(work());
  if (!AllocationCount::works()) {
    report.not_measured("allocations_after_warmup", "this build does not count allocations");
    return Status::ok();
  }
  const auto misses = [&] {
    const model::PipelineMetrics metrics = pipeline.metrics();
    return metrics.vectors.misses + metrics.batches.misses + metrics.matrices.misses;
  };
  const std::uint64_t misses_before = misses();
  const AllocationCount count;
  for (int i = 0; i < 20; ++i) WEIR_TRY(work());
  figures.allocations = count.so_far() + misses() - misses_before;
  report.set("allocations_after_warmup", figures.allocations);
  std::printf("allocations after warm-up: %llu in 20 rounds of features and predictions\n",
              static_cast<unsigned long long>(figures.allocations));
  return Status::ok();
}

// Returns the largest difference between our weights and the peer's.
double weight_difference(const NumericPeer& peer, const model::LinearModel& model) {
  double furthest = std::fabs(peer.weights.back() - model.bias);
  for (std::size_t j = 0; j < model.width(); ++j) {
    furthest = std::max(furthest, std::fabs(peer.weights[j] - model.weight[j]));
  }
  return furthest;
}

void measure_peer(const Arguments& args, const NumericSample& sample,
                  const model::LinearModel& model, Figures& figures, BenchReport& report) {
  const auto peer = time_numeric_peer(args, &sample, kLambda);
  if (!peer) {
    std::printf("scikit-learn: not measured: %s\n", peer.error().to_string().c_str());
    report.not_measured("peer_train_s", peer.error().message());
    return;
  }
  report_numeric_peer(*peer, report);
  figures.peer_train_s = peer->train_s;
  const double difference = weight_difference(*peer, model);
  report.set("max_abs_diff", difference);
  std::printf("weights and bias at most %.3g apart; training %.1f times as fast here\n", difference,
              peer->train_s / figures.train_s);
}

// Extracts, trains and predicts over and over; memory must not grow after the first seconds.
Status soak(model::Pipeline& pipeline, const NumericSample& sample, double seconds,
            Figures& figures, BenchReport& report) {
  const std::vector<double> series = numeric_series(100'000);
  const std::size_t rows = std::min<std::size_t>(sample.x().rows, 50'000);
  const auto x = sample.x().block(0, 0, rows, sample.x().cols);
  std::vector<double> out(rows);
  const std::int64_t begin_ns = system_clock().mono_ns();
  const auto elapsed = [&] {
    return static_cast<double>(system_clock().mono_ns() - begin_ns) * 1e-9;
  };
  std::uint64_t rounds = 0;
  std::uint64_t first = 0;
  std::uint64_t most = 0;
  while (elapsed() < seconds) {
    WEIR_TRY(pipeline.extract_features(series, {.size = kWindow, .stride = 1}));
    model::MemorySource source(x);
    WEIR_ASSIGN(const auto model,
                pipeline.train(source, std::span(sample.y()).first(rows), {.lambda = kLambda}));
    WEIR_TRY(pipeline.predict(model, x, out));
    pipeline.reset();
    ++rounds;
    if (elapsed() < seconds / 10) continue;
    const std::uint64_t now = resident_bytes();
    if (first == 0) first = now;
    most = std::max(most, now);
  }
  figures.soak_s = elapsed();
  figures.soak_growth_bytes = most - first;
  figures.soak_own_bytes = most - std::min(most, data_bytes(sample));
  report.set("soak_s", figures.soak_s);
  report.set("soak_rounds", rounds);
  report.set("soak_rss_growth_bytes", figures.soak_growth_bytes);
  report.set("soak_own_rss_bytes", figures.soak_own_bytes);
  std::printf(
      "soak: %llu rounds in %.0f s, own memory at most %.0f MB of 500, grew by %.2f MB "
      "after the first tenth\n",
      static_cast<unsigned long long>(rounds), figures.soak_s,
      static_cast<double>(figures.soak_own_bytes) / 1e6,
      static_cast<double>(figures.soak_growth_bytes) / 1e6);
  return Status::ok();
}

bool targets_met(const Figures& figures) {
  return figures.predict_p99_us < 10 && figures.predict_per_s >= 1e6 && figures.train_s <= 1.5 &&
         figures.train_s < figures.peer_train_s && figures.features_per_s >= 12e6 &&
         figures.features_ratio >= 100 && figures.allocations == 0 &&
         figures.own_bytes <= kOwnBytesMax && figures.soak_s >= kSoakSeconds &&
         figures.soak_own_bytes <= kOwnBytesMax && figures.soak_growth_bytes <= kSoakGrowthMax;
}

Result<int> run(const Arguments& args) {
  Sizes sizes{};
  WEIR_ASSIGN(sizes.rows, args.u64("rows", 1'000'000));
  WEIR_ASSIGN(sizes.columns, args.u64("columns", 100));
  WEIR_ASSIGN(sizes.samples, args.u64("samples", 1'000'000));
  WEIR_ASSIGN(sizes.seconds, args.f64("seconds", 1));
  if (sizes.rows < 2 || sizes.columns < 1 || sizes.samples < kWindow) {
    return fail(invalid_argument(
        "usage", "--rows takes 2 or more, --columns 1 or more, --samples 64 or more"));
  }
  WEIR_ASSIGN(const auto context, numeric_context(args));
  ops::Context one_thread(ops::Workers(1), system_clock());
  BenchReport report("numeric");
  std::printf("%s\n", machine_description().c_str());
  report.set("rows", std::uint64_t{sizes.rows});
  report.set("columns", std::uint64_t{sizes.columns});
  report.set("threads", std::uint64_t{context->workers().threads()});
  Figures figures;
  WEIR_ASSIGN(const auto pipeline, model::Pipeline::create({}, *context));
  WEIR_ASSIGN(const auto single, model::Pipeline::create({}, one_thread));
  const NumericSample sample(sizes.rows, sizes.columns);
  WEIR_ASSIGN(const model::LinearModel model,
              measure_training(*pipeline, sample, sizes, figures, report));
  WEIR_TRY(measure_predict(*single, model, sample, sizes, figures, report));
  WEIR_TRY(count_allocations(*pipeline, model, sample, figures, report));
  WEIR_TRY(measure_features(*single, sizes, figures, report));
  if (!args.has("no-peer")) measure_peer(args, sample, model, figures, report);
  WEIR_ASSIGN(const double soak_s, args.f64("soak", args.has("targets") ? kSoakSeconds : 0));
  if (soak_s > 0) WEIR_TRY(soak(*pipeline, sample, soak_s, figures, report));
  WEIR_TRY(report.write(args.text("json")));
  return args.has("targets") && !targets_met(figures) ? kExitTargetMissed : kExitOk;
}

}  // namespace

const Command kBenchNumericCommand = {
    "bench numeric", "", "features, training and prediction, beside scikit-learn", kOptions, run};

}  // namespace weir::main
