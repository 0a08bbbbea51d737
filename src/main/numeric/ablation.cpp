// The same work at four levels: as first written down, on vector units, without temporaries, with a
// better algorithm. Every ratio is one end-to-end time divided by another.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "main/allocation_count.hpp"
#include "main/bench/numeric_peer.hpp"
#include "main/bench/report.hpp"
#include "main/gate_options.hpp"
#include "main/numeric/numeric_options.hpp"
#include "main/numeric/sample.hpp"
#include "main/verbs.hpp"
#include "model/numeric/levels.hpp"
#include "model/numeric/pipeline.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"rows", "N", "rows of training and prediction, default 1M"},
    {"columns", "N", "default 100"},
    {"samples", "N", "values of the series of features, default 1M"},
    {"only", "NAME", "one workload: features, features_64, train, predict or predict_row"},
    {"python", "FILE", "interpreter with scikit-learn, default .venv/bin/python"},
    {"script", "FILE", "the peer, default bench/numeric_peer.py"},
    {"no-peer", "", "time no peer"},
    {"json", "FILE", "write the table as flat JSON"},
    kThreadsOption,
    kIsaOption,
};

constexpr const char* kLevels[] = {"L0 naive", "L1 SIMD", "L2 pools, arena", "L3 algorithm"};
constexpr std::size_t kLevelCount = std::size(kLevels);
constexpr std::size_t kWindow = 64;
constexpr double kRepeatSeconds = 0.5;  // a level that is faster runs again, at most 7 times
constexpr std::size_t kRepeatsMax = 7;

struct Cost {
  double seconds = 0;
  double cpu_seconds = 0;
  std::optional<double> allocations_per_s;
};

double process_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Returns the median run of `work`.
Result<Cost> measured(const std::function<Status()>& work) {
  std::vector<Cost> runs;
  double total = 0;
  while (runs.empty() || (total < kRepeatSeconds && runs.size() < kRepeatsMax)) {
    const AllocationCount count;
    const double cpu = process_cpu_seconds();
    const std::int64_t begin_ns = system_clock().mono_ns();
    WEIR_TRY(work());
    Cost cost;
    cost.seconds = static_cast<double>(system_clock().mono_ns() - begin_ns) * 1e-9;
    cost.cpu_seconds = process_cpu_seconds() - cpu;
    const auto allocations = static_cast<double>(count.so_far());
    if (AllocationCount::works()) cost.allocations_per_s = allocations / cost.seconds;
    total += cost.seconds;
    runs.push_back(cost);
  }
  std::sort(runs.begin(), runs.end(),
            [](const Cost& a, const Cost& b) { return a.seconds < b.seconds; });
  return runs[runs.size() / 2];
}

class Table {
 public:
  explicit Table(BenchReport& report) : report_(report) {
    std::printf("%-12s %-16s %12s %10s %10s %10s %14s\n", "workload", "level", "ms", "to L0",
                "to before", "CPU s", "allocations/s");
  }
  // `results` holds what each level came to, so that a level that computes something else shows.
  Status add(const std::string& workload, const std::function<Status()> (&levels)[kLevelCount],
             double (&results)[kLevelCount]) {
    double first = 0;
    double before = 0;
    for (std::size_t i = 0; i < kLevelCount; ++i) {
      WEIR_ASSIGN(const Cost cost, measured(levels[i]));
      if (i == 0) first = before = cost.seconds;
      const std::string allocations =
          cost.allocations_per_s ? std::to_string(std::llround(*cost.allocations_per_s)) : "-";
      std::printf("%-12s %-16s %12.3f %10.1f %10.2f %10.3f %14s\n", workload.c_str(), kLevels[i],
                  cost.seconds * 1e3, first / cost.seconds, before / cost.seconds, cost.cpu_seconds,
                  allocations.c_str());
      std::fflush(stdout);
      const std::string key = workload + "_l" + std::to_string(i);
      report_.set(key + "_ms", cost.seconds * 1e3);
      report_.set(key + "_ratio_to_l0", first / cost.seconds);
      report_.set(key + "_ratio_to_before", before / cost.seconds);
      report_.set(key + "_cpu_s", cost.cpu_seconds);
      if (cost.allocations_per_s) {
        report_.set(key + "_allocations_per_s", *cost.allocations_per_s);
      } else {
        report_.not_measured(key + "_allocations_per_s", "this build does not count them");
      }
      before = cost.seconds;
      const double apart = std::fabs(results[i] - results[0]);
      if (!(apart <= 1e-6 * std::fabs(results[0]) + 1e-9)) {
        return internal_error("ablation_differs", workload + ", " + kLevels[i] + ": " +
                                                      std::to_string(results[i]) + ", naive " +
                                                      std::to_string(results[0]));
      }
    }
    return Status::ok();
  }

 private:
  BenchReport& report_;
};

double total_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}
double total_of(const model::naive::Rows& rows) {
  double sum = 0;
  for (const auto& row : rows) sum += total_of(row);
  return sum;
}
model::naive::Rows rows_of(const ops::MatrixView<double>& x) {
  model::naive::Rows rows;
  rows.reserve(x.rows);
  for (std::size_t i = 0; i < x.rows; ++i) rows.emplace_back(x.row(i).begin(), x.row(i).end());
  return rows;
}

Status add_features(Table& table, const std::string& name, model::Pipeline& pipeline,
                    std::span<const double> series, std::size_t stride) {
  const model::WindowSpec spec{.size = kWindow, .stride = stride};
  const std::size_t values = model::window_count(series.size(), spec) * model::kWindowFeatures;
  double results[kLevelCount] = {};
  const std::function<Status()> levels[kLevelCount] = {
      [&] {
        results[0] = total_of(model::naive::window_features(series, kWindow, stride));
        return Status::ok();
      },
      [&] {
        results[1] = total_of(model::simd_window_features(series, kWindow, stride));
        return Status::ok();
      },
      [&]() -> Status {
        WEIR_ASSIGN(const auto out, pipeline.arena().take<double>(values));
        WEIR_TRY(model::pooled_window_features(series, spec, pipeline.vectors(), pipeline.batches(),
                                               out.span()));
        results[2] = total_of(out.span());
        pipeline.reset();
        return Status::ok();
      },
      [&]() -> Status {
        WEIR_ASSIGN(const auto made, pipeline.extract_features(series, spec));
        results[3] = total_of(made.values.span());
        pipeline.reset();
        return Status::ok();
      }};
  return table.add(name, levels, results);
}

Status add_training(Table& table, model::Pipeline& pipeline, const NumericSample& sample,
                    const model::naive::Rows& rows) {
  double results[kLevelCount] = {};
  const std::function<Status()> levels[kLevelCount] = {
      [&] {
        results[0] = model::naive::train(rows, sample.y(), {}).retained;
        return Status::ok();
      },
      [&] {
        results[1] = model::simd_train(rows, sample.y(), {}).retained;
        return Status::ok();
      },
      [&]() -> Status {
        WEIR_ASSIGN(const auto fit,
                    model::pooled_train(sample.x(), sample.y(), {}, pipeline.batches()));
        results[2] = fit.retained;
        return Status::ok();
      },
      [&]() -> Status {
        model::MemorySource source(sample.x());
        WEIR_ASSIGN(const auto made, pipeline.train(source, sample.y(), {}));
        results[3] = made.retained;
        return Status::ok();
      }};
  return table.add("train", levels, results);
}

// `rows` hold what `x` views; a workload of one row repeats it `repeats` times.
Status add_prediction(Table& table, const std::string& name, model::Pipeline& pipeline,
                      const ops::MatrixView<double>& x, const model::naive::Rows& rows,
                      const model::naive::Fit& fit, const model::LinearModel& model,
                      std::size_t repeats) {
  std::vector<double> out(x.rows);
  double results[kLevelCount] = {};
  const std::function<Status()> levels[kLevelCount] = {
      [&] {
        for (std::size_t i = 0; i < repeats; ++i) {
          results[0] = total_of(model::naive::predict(fit, rows));
        }
        return Status::ok();
      },
      [&] {
        for (std::size_t i = 0; i < repeats; ++i) {
          results[1] = total_of(model::simd_predict(fit, rows));
        }
        return Status::ok();
      },
      [&]() -> Status {
        for (std::size_t i = 0; i < repeats; ++i) {
          WEIR_TRY(model::pooled_predict(fit, x, pipeline.vectors(), out));
          results[2] = total_of(out);
        }
        return Status::ok();
      },
      [&]() -> Status {
        for (std::size_t i = 0; i < repeats; ++i) {
          WEIR_TRY(pipeline.predict(model, x, out));
          results[3] = total_of(out);
        }
        return Status::ok();
      }};
  return table.add(name, levels, results);
}

// The naive parts of a model, for the levels that do not fold them into weights.
model::naive::Fit parts_of(const model::LinearModel& model) {
  model::naive::Fit fit;
  fit.mu = model.mu;
  fit.beta = model.beta;
  fit.ybar = model.ybar;
  const std::size_t k = model.components();
  for (std::size_t c = 0; c < k; ++c) {
    std::vector<double> direction(model.width());
    for (std::size_t j = 0; j < model.width(); ++j) direction[j] = model.v[j * k + c];
    fit.v.push_back(std::move(direction));
  }
  return fit;
}

Status add_model_workloads(Table& table, model::Pipeline& pipeline, const NumericSample& sample,
                           const std::string& only) {
  const model::naive::Rows rows = rows_of(sample.x());
  if (only.empty() || only == "train") {
    WEIR_TRY(add_training(table, pipeline, sample, rows));
  }
  model::MemorySource source(sample.x());
  WEIR_ASSIGN(const model::LinearModel model, pipeline.train(source, sample.y(), {}));
  const model::naive::Fit fit = parts_of(model);
  if (only.empty() || only == "predict") {
    WEIR_TRY(add_prediction(table, "predict", pipeline, sample.x(), rows, fit, model, 1));
  }
  if (only.empty() || only == "predict_row") {
    const model::naive::Rows one(rows.begin(), rows.begin() + 1);
    WEIR_TRY(add_prediction(table, "predict_row", pipeline,
                            sample.x().block(0, 0, 1, sample.x().cols), one, fit, model, 1000));
  }
  return Status::ok();
}

void add_peer(const Arguments& args, const NumericSample& sample, BenchReport& report) {
  const auto peer = time_numeric_peer(args, sample, 1.0);
  if (peer) {
    report_numeric_peer(*peer, report);
  } else {
    std::printf("scikit-learn: not measured: %s\n", peer.error().to_string().c_str());
    report.not_measured("peer_train_s", peer.error().message());
  }
}

Result<int> run(const Arguments& args) {
  WEIR_ASSIGN(const std::uint64_t rows, args.u64("rows", 1'000'000));
  WEIR_ASSIGN(const std::uint64_t columns, args.u64("columns", 100));
  WEIR_ASSIGN(const std::uint64_t samples, args.u64("samples", 1'000'000));
  if (rows < 2 || columns < 1 || samples < kWindow) {
    return fail(invalid_argument(
        "usage", "--rows takes 2 or more, --columns 1 or more, --samples 64 or more"));
  }
  const std::string only = args.text("only");
  WEIR_ASSIGN(const auto context, numeric_context(args));
  WEIR_ASSIGN(const auto pipeline, model::Pipeline::create({}, *context));
  BenchReport report("ablation");
  std::printf("%s; %llu rows of %llu columns, %llu samples, %u threads in L3\n",
              machine_description().c_str(), static_cast<unsigned long long>(rows),
              static_cast<unsigned long long>(columns), static_cast<unsigned long long>(samples),
              context->workers().threads());
  report.set("rows", rows);
  report.set("columns", columns);
  report.set("samples", samples);
  Table table(report);
  const std::vector<double> series = numeric_series(samples);
  if (only.empty() || only == "features") {
    WEIR_TRY(add_features(table, "features", *pipeline, series, 1));
  }
  if (only.empty() || only == "features_64") {
    WEIR_TRY(add_features(table, "features_64", *pipeline, series, kWindow));
  }
  if (!only.starts_with("features")) {
    const NumericSample sample(rows, columns);
    WEIR_TRY(add_model_workloads(table, *pipeline, sample, only));
    if (!args.has("no-peer")) add_peer(args, sample, report);
  }
  std::printf("predict_row is 1,000 predictions.\n");
  WEIR_TRY(report.write(args.text("json")));
  return kExitOk;
}

}  // namespace

const Command kNumericAblationCommand = {"numeric ablation", "",
                                         "time the numeric pipeline level by level", kOptions, run};

}  // namespace weir::main
