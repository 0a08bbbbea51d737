// The same work at four levels: as first written down, on vector units, without temporaries, with a
// better algorithm. Every ratio is one end-to-end time divided by another, all on one thread unless
// --threads gives the last level more.
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
#include "model/file/number_table.hpp"
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
    {"threads", "N", "of the last level, default 1; the others have one"},
    kIsaOption,
};

constexpr const char* kLevels[] = {"L0 naive", "L1 + SIMD", "L2 + pools", "L3 + algorithm"};
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

struct Level {
  std::function<Status()> work;
  std::function<std::vector<double>()> result;  // of the last run of `work`
};

// Returns internal_error unless a level's values are those of the first.
Status check_same(const std::string& workload, std::size_t level, const std::vector<double>& got,
                  const std::vector<double>& expected) {
  std::size_t at = 0;
  while (at < got.size() && at < expected.size() &&
         std::fabs(got[at] - expected[at]) <= 1e-6 * (1 + std::fabs(expected[at]))) {
    ++at;
  }
  if (at == got.size() && at == expected.size()) return Status::ok();
  std::string text = workload + ", " + kLevels[level] + ": value " + std::to_string(at) + " is ";
  model::append_number(text, at < got.size() ? got[at] : std::nan(""));
  text += ", of the first level ";
  model::append_number(text, at < expected.size() ? expected[at] : std::nan(""));
  return internal_error("ablation_differs", text);
}

class Table {
 public:
  explicit Table(BenchReport& report) : report_(report) {
    std::printf("%-12s %-16s %12s %10s %10s %10s %14s\n", "workload", "level", "ms", "to L0",
                "to before", "CPU s", "allocations/s");
  }
  // Times the levels in order and compares what each came to, value by value, with the first's.
  Status add(const std::string& workload, const Level (&levels)[kLevelCount]) {
    double first = 0;
    double before = 0;
    std::vector<double> expected;
    for (std::size_t i = 0; i < kLevelCount; ++i) {
      WEIR_ASSIGN(const Cost cost, measured(levels[i].work));
      if (i == 0) {
        first = before = cost.seconds;
        expected = levels[i].result();
      } else {
        WEIR_TRY(check_same(workload, i, levels[i].result(), expected));
      }
      report(workload, i, cost, first, before);
      before = cost.seconds;
    }
    return Status::ok();
  }

 private:
  void report(const std::string& workload, std::size_t level, const Cost& cost, double first,
              double before) {
    const std::string allocations =
        cost.allocations_per_s ? std::to_string(std::llround(*cost.allocations_per_s)) : "-";
    std::printf("%-12s %-16s %12.3f %10.1f %10.2f %10.3f %14s\n", workload.c_str(), kLevels[level],
                cost.seconds * 1e3, first / cost.seconds, before / cost.seconds, cost.cpu_seconds,
                allocations.c_str());
    std::fflush(stdout);
    const std::string key = workload + "_l" + std::to_string(level);
    report_.set(key + "_ms", cost.seconds * 1e3);
    report_.set(key + "_ratio_to_l0", first / cost.seconds);
    report_.set(key + "_ratio_to_before", before / cost.seconds);
    report_.set(key + "_cpu_s", cost.cpu_seconds);
    if (cost.allocations_per_s) {
      report_.set(key + "_allocations_per_s", *cost.allocations_per_s);
    } else {
      report_.not_measured(key + "_allocations_per_s", "this build does not count them");
    }
  }

  BenchReport& report_;
};

std::vector<double> flat(const model::naive::Rows& rows) {
  std::vector<double> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  return values;
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
  model::naive::Rows rows;
  std::vector<double> out(values);
  const auto result = [&] { return out; };
  const Level levels[kLevelCount] = {
      {[&] {
         rows = model::naive::window_features(series, kWindow, stride);
         return Status::ok();
       },
       [&] { return flat(rows); }},
      {[&] {
         rows = model::simd_window_features(series, kWindow, stride);
         return Status::ok();
       },
       [&] { return flat(rows); }},
      {[&] { return model::pooled_window_features(series, spec, pipeline.vectors(), out); },
       result},
      {[&] { return pipeline.extract_features(series, spec, out); }, result}};
  return table.add(name, levels);
}

Status add_training(Table& table, model::Pipeline& pipeline, const NumericSample& sample,
                    const model::naive::Rows& rows) {
  model::naive::Fit fit;
  model::LinearModel made;
  const auto weights = [&] { return model::naive::weights(fit); };
  const Level levels[kLevelCount] = {
      {[&] {
         fit = model::naive::train(rows, sample.y(), {});
         return Status::ok();
       },
       weights},
      {[&] {
         fit = model::simd_train(rows, sample.y(), {});
         return Status::ok();
       },
       weights},
      {[&]() -> Status {
         WEIR_ASSIGN(fit, model::pooled_train(sample.x(), sample.y(), {}, pipeline.batches()));
         return Status::ok();
       },
       weights},
      {[&]() -> Status {
         model::MemorySource source(sample.x());
         WEIR_ASSIGN(made, pipeline.train(source, sample.y(), {}));
         return Status::ok();
       },
       [&] { return made.weight; }}};
  return table.add("train", levels);
}

// `rows` hold what `x` views; a workload of one row repeats it `repeats` times.
Status add_prediction(Table& table, const std::string& name, model::Pipeline& pipeline,
                      const ops::MatrixView<double>& x, const model::naive::Rows& rows,
                      const model::naive::Fit& fit, const model::LinearModel& model,
                      std::size_t repeats) {
  std::vector<double> out(x.rows);
  const auto repeated = [&](auto once) {
    return [once, repeats]() -> Status {
      for (std::size_t i = 0; i < repeats; ++i) WEIR_TRY(once());
      return Status::ok();
    };
  };
  const auto result = [&] { return out; };
  const Level levels[kLevelCount] = {
      {repeated([&] {
         out = model::naive::predict(fit, rows);
         return Status::ok();
       }),
       result},
      {repeated([&] {
         out = model::simd_predict(fit, rows);
         return Status::ok();
       }),
       result},
      {repeated([&] { return model::pooled_predict(fit, x, pipeline.vectors(), out); }), result},
      {repeated([&] { return pipeline.predict(model, x, out); }), result}};
  return table.add(name, levels);
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

// `sample` null: features only.
void add_peer(const Arguments& args, const NumericSample* sample, BenchReport& report) {
  const auto peer = time_numeric_peer(args, sample, 1.0);
  if (peer) {
    report_numeric_peer(*peer, report);
  } else {
    std::printf("scikit-learn, numpy: not measured: %s\n", peer.error().to_string().c_str());
    report.not_measured(sample == nullptr ? "peer_features_per_s" : "peer_train_s",
                        peer.error().message());
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
  WEIR_ASSIGN(const auto context, numeric_context(args, 1));
  WEIR_ASSIGN(const auto pipeline, model::Pipeline::create({}, *context));
  BenchReport report("ablation");
  std::printf("%s; %llu rows of %llu columns, %llu samples, %u threads in L3, one in the others\n",
              machine_description().c_str(), static_cast<unsigned long long>(rows),
              static_cast<unsigned long long>(columns), static_cast<unsigned long long>(samples),
              context->workers().threads());
  report.set("threads", std::uint64_t{context->workers().threads()});
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
    if (!args.has("no-peer")) add_peer(args, &sample, report);
  } else if (!args.has("no-peer")) {
    add_peer(args, nullptr, report);
  }
  std::printf("predict_row is 1,000 predictions.\n");
  WEIR_TRY(report.write(args.text("json")));
  return kExitOk;
}

}  // namespace

const Command kNumericAblationCommand = {"numeric ablation", "",
                                         "time the numeric pipeline level by level", kOptions, run};

}  // namespace weir::main
