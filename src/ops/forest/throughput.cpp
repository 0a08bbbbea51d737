#include "ops/forest/throughput.hpp"

#include <tbb/task_arena.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/clock.hpp"
#include "base/isa.hpp"
#include "ops/forest/forest_sample.hpp"
#include "ops/forest/scorer.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kNaiveRows = 8192;
constexpr std::size_t kTrainRowsMax = 100'000;

struct Rate {
  double median = 0;
  double best = 0;
};

// Repeats body(), which handles `rows` rows, for `seconds`.
template <class Body>
Rate measure(std::size_t rows, double seconds, const Body& body) {
  body();  // warm
  std::vector<double> rates;
  const std::int64_t started = system_clock().mono_ns();
  const auto budget_ns = static_cast<std::int64_t>(seconds * 1e9);
  do {
    const std::int64_t from = system_clock().mono_ns();
    body();
    const auto ns = static_cast<double>(std::max<std::int64_t>(1, system_clock().mono_ns() - from));
    rates.push_back(static_cast<double>(rows) * 1e9 / ns);
  } while (system_clock().mono_ns() - started < budget_ns);
  std::sort(rates.begin(), rates.end());
  return {rates[rates.size() / 2], rates.back()};
}

Result<Forest> load_model(const std::string& path, std::size_t columns) {
  std::ifstream in(path);
  if (!in) return fail(errno_status("open", path, errno));
  std::stringstream text;
  text << in.rdbuf();
  WEIR_ASSIGN(Forest forest, import_sklearn_json(text.str()));
  if (forest.columns != columns) {
    return fail(invalid_argument("bench_columns", path + " has " + std::to_string(forest.columns) +
                                                      " columns, the rows have " +
                                                      std::to_string(columns)));
  }
  return forest;
}

Status write_scores(const Forest& forest, std::span<const float> raw, const std::string& path) {
  std::vector<double> scores;
  scores.reserve(raw.size());
  for (const float value : raw) scores.push_back(forest.score(value));
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(scores.data()),
            static_cast<std::streamsize>(scores.size() * sizeof(double)));
  out.close();
  return out ? Status::ok() : errno_status("write", path, errno);
}

void measure_one_row(const ForestScorer& scorer, const ColumnsView& rows,
                     ForestBenchReport& report) {
  constexpr std::size_t kCalls = 20'000;
  std::vector<double> us;
  float raw = 0;
  for (std::size_t i = 0; i < kCalls; ++i) {
    const ColumnsView one = rows.slice(i % rows.rows, 1);
    const std::int64_t from = system_clock().mono_ns();
    scorer.score(one, {&raw, 1});
    us.push_back(static_cast<double>(system_clock().mono_ns() - from) / 1e3);
  }
  std::sort(us.begin(), us.end());
  report.one_row_p50_us = us[kCalls / 2];
  report.one_row_p99_us = us[kCalls / 100 * 99];
}

std::size_t count_differing(const Forest& forest, const ColumnsView& rows,
                            std::span<const float> raw) {
  const ColumnsView some = rows.slice(0, std::min(rows.rows, kNaiveRows));
  std::vector<float> naive(some.rows);
  ForestScorer(forest, ForestEngine::kNaive).score(some, naive);
  std::size_t differing = 0;
  for (std::size_t i = 0; i < some.rows; ++i) differing += naive[i] != raw[i] ? 1 : 0;
  return differing;
}

}  // namespace

Result<ForestBenchReport> run_forest_bench(const ForestBenchOptions& options) {
  if (options.rows == 0 || options.columns == 0 || options.threads == 0) {
    return fail(invalid_argument("bench_shape", "rows, columns and threads must not be 0"));
  }
  const SampleRows sample = bench_rows(options.rows, options.columns);
  const ColumnsView rows = sample.view();
  const ColumnsView train = rows.slice(0, std::min(rows.rows, kTrainRowsMax));
  const ForestOptions train_options{
      .trees = options.trees, .psi = options.psi, .seed = options.seed};
  tbb::task_arena arena(static_cast<int>(options.threads));

  ForestBenchReport report;
  Forest forest;
  if (!options.model_json.empty()) {
    WEIR_ASSIGN(forest, load_model(options.model_json, options.columns));
  } else {
    WEIR_ASSIGN(forest, train_forest(train, train_options));
    double best_ns = 1e18;
    for (int run = 0; run < 3; ++run) {
      const std::int64_t from = system_clock().mono_ns();
      arena.execute([&] { static_cast<void>(train_forest(train, train_options)); });
      best_ns = std::min(best_ns, static_cast<double>(system_clock().mono_ns() - from));
    }
    report.train_ms = best_ns / 1e6;
  }
  const ForestScorer scorer(forest);
  std::vector<float> raw(rows.rows);
  const Rate exact = measure(rows.rows, options.seconds,
                             [&] { arena.execute([&] { scorer.score_parallel(rows, raw); }); });
  report.differing_rows = count_differing(forest, rows, raw);
  if (!options.scores_file.empty()) WEIR_TRY(write_scores(forest, raw, options.scores_file));

  const ColumnsView some = rows.slice(0, std::min(rows.rows, kNaiveRows));
  const ForestScorer traverse(forest, ForestEngine::kTraverse);
  const ForestScorer naive(forest, ForestEngine::kNaive);
  const auto one_thread = [&](const ForestScorer& one, const ColumnsView& view) {
    return measure(view.rows, options.seconds, [&] { one.score(view, raw); }).median;
  };
  report.one_thread_rows_per_second = one_thread(scorer, rows);
  report.traverse_rows_per_second = one_thread(traverse, some);
  report.naive_rows_per_second = one_thread(naive, some);
  measure_one_row(scorer, rows, report);
  report.rows = rows.rows;
  report.columns = rows.columns;
  report.trees = forest.trees();
  report.nodes_per_tree = forest.nodes_per_tree();
  report.threads = options.threads;
  report.engine = forest_engine_name(scorer.engine());
  report.isa = isa_name(isa_active());
  report.exact_rows_per_second = exact.median;
  report.exact_rows_per_second_best = exact.best;
  return report;
}

std::string forest_bench_text(const ForestBenchReport& report) {
  char text[1024];
  const double naive = report.naive_rows_per_second;
  std::snprintf(
      text, sizeof text,
      "forest     %zu trees, %.1f nodes a tree, %zu columns, %zu rows; %s on %s\n"
      "exact      %7.2f M rows/s on %u threads, median (best %.2f)\n"
      "exact      %7.2f M rows/s on 1 thread, %.1f ns a row, %.0fx naive\n"
      "traverse   %7.2f M rows/s on 1 thread, %.1fx naive\n"
      "naive      %7.3f M rows/s on 1 thread\n"
      "one row    p50 %.2f us, p99 %.2f us\n"
      "training   %s\n"
      "bits       %zu rows differ from the naive walk\n",
      report.trees, report.nodes_per_tree, report.columns, report.rows, report.engine.c_str(),
      report.isa.c_str(), report.exact_rows_per_second / 1e6, report.threads,
      report.exact_rows_per_second_best / 1e6, report.one_thread_rows_per_second / 1e6,
      1e9 / report.one_thread_rows_per_second, report.one_thread_rows_per_second / naive,
      report.traverse_rows_per_second / 1e6, report.traverse_rows_per_second / naive, naive / 1e6,
      report.one_row_p50_us, report.one_row_p99_us,
      report.train_ms > 0 ? (std::to_string(report.train_ms) + " ms").c_str() : "not measured",
      report.differing_rows);
  return text;
}

}  // namespace weir::ops
