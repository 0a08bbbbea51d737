#include <cmath>
#include <cstdio>
#include <optional>

#include "base/isa.hpp"
#include "main/bench/python_peer.hpp"
#include "main/bench/report.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/scratch_dir.hpp"
#include "main/verbs.hpp"
#include "ops/forest/throughput.hpp"

namespace weir::main {
namespace {

constexpr double kDifferenceMax = 1e-6;

constexpr Option kOptions[] = {
    {"rows", "N", "rows scored, default 262144"},
    {"seconds", "N", "measured for each figure, default 2"},
    {"target", "N", "exit 5 below this many rows per second"},
    {"python", "FILE", "interpreter with scikit-learn, default .venv/bin/python"},
    {"script", "FILE", "the peer, default bench/forest_peer.py"},
    {"model", "FILE", "score this exported model and time no peer"},
    {"scores", "FILE", "write the scores of all rows, f64 little-endian"},
    {"json", "FILE", "write the figures as flat JSON"},
    kThreadsOption,
    kIsaOption,
};

struct Peer {
  std::string model;  // path of the forest it fitted
  double rows_per_s = 0;
  std::string version;
};

constexpr std::string_view kScript = "bench/forest_peer.py";

Result<Peer> time_peer(const Arguments& args, const ops::ForestBenchOptions& options,
                       const std::string& dir) {
  Peer peer;
  peer.model = dir + "/model.json";
  WEIR_ASSIGN(const std::string printed,
              PythonPeer(args, kScript)
                  .run({"fit", "--model", peer.model, "--rows", std::to_string(options.rows),
                        "--jobs", std::to_string(options.threads)}));
  peer.rows_per_s = std::strtod(json_member(printed, "rows_per_second").c_str(), nullptr);
  peer.version = json_member(printed, "version");
  if (!(peer.rows_per_s > 0)) return fail(unavailable("peer_output", "printed " + printed));
  return peer;
}

Result<double> compare_with_peer(const Arguments& args, const std::string& scores) {
  WEIR_ASSIGN(const std::string printed,
              PythonPeer(args, kScript).run({"compare", "--scores", scores}));
  const std::string value = json_member(printed, "max_difference");
  if (value.empty()) return fail(unavailable("peer_output", "printed " + printed));
  return std::strtod(value.c_str(), nullptr);
}

void report_figures(const ops::ForestBenchReport& figures, BenchReport& report) {
  report.set("rows_per_s", figures.exact_rows_per_second);
  report.set("rows_per_s_best", figures.exact_rows_per_second_best);
  report.set("one_thread_rows_per_s", figures.one_thread_rows_per_second);
  report.set("naive_rows_per_s", figures.naive_rows_per_second);
  report.set("one_row_p99_us", figures.one_row_p99_us);
  report.set("train_ms", figures.train_ms);
  report.set("nodes_per_tree", figures.nodes_per_tree);
  report.set("differing_rows", std::uint64_t{figures.differing_rows});
  report.set("threads", std::uint64_t{figures.threads});
  report.set("engine", figures.engine);
  report.set("isa", figures.isa);
}

// Times the peer, then scores the forest that it fitted and compares what both say of every row.
Status measure_peer(const Arguments& args, ops::ForestBenchOptions options, double rows_per_s,
                    BenchReport& report, bool& too_different) {
  WEIR_ASSIGN(const auto scratch, ScratchDir::create());
  const auto peer = time_peer(args, options, scratch->path());
  if (!peer) {
    std::printf("scikit-learn: not measured: %s\n", peer.error().to_string().c_str());
    report.not_measured("peer_rows_per_s", peer.error().message());
    report.not_measured("max_abs_diff", peer.error().message());
    return Status::ok();
  }
  std::printf("scikit-learn %s: %.0f rows/s, %u jobs; %.1f times as many here\n",
              peer->version.c_str(), peer->rows_per_s, options.threads,
              rows_per_s / peer->rows_per_s);
  report.set("peer_rows_per_s", peer->rows_per_s);
  report.set("peer_version", peer->version);
  options.model_json = peer->model;
  options.scores_file = scratch->path() + "/scores.f64";
  options.seconds = 0.2;
  WEIR_ASSIGN(const ops::ForestBenchReport imported, ops::run_forest_bench(options));
  report.set("imported_rows_per_s", imported.exact_rows_per_second);
  WEIR_ASSIGN(const double difference, compare_with_peer(args, options.scores_file));
  std::printf("score_samples of the imported forest: largest difference %.3g over %zu rows\n",
              difference, imported.rows);
  report.set("max_abs_diff", difference);
  if (!(difference <= kDifferenceMax)) too_different = true;
  return Status::ok();
}

Result<int> run(const Arguments& args) {
  if (args.has("isa")) {
    WEIR_ASSIGN(const Isa isa, parse_isa(args.text("isa")));
    limit_isa(isa);
  }
  ops::ForestBenchOptions options;
  WEIR_ASSIGN(options.rows, args.u64("rows", options.rows));
  WEIR_ASSIGN(options.seconds, args.f64("seconds", 2));
  WEIR_ASSIGN(const std::uint64_t threads, args.u64("threads", 2));
  WEIR_ASSIGN(const double target, args.f64("target", 0));
  if (options.rows < 1 || threads < 1 || threads > 64) {
    return fail(invalid_argument("usage", "--rows takes 1 or more, --threads 1 to 64"));
  }
  options.threads = static_cast<unsigned>(threads);
  options.model_json = args.text("model");
  options.scores_file = args.text("scores");
  BenchReport report("forest");
  std::printf("%s\n", machine_description().c_str());
  WEIR_ASSIGN(const ops::ForestBenchReport figures, ops::run_forest_bench(options));
  std::fputs(ops::forest_bench_text(figures).c_str(), stdout);
  report_figures(figures, report);
  bool wrong = figures.differing_rows != 0;
  if (!args.has("model")) {
    WEIR_TRY(measure_peer(args, options, figures.exact_rows_per_second, report, wrong));
  }
  WEIR_TRY(report.write(args.text("json")));
  return wrong || figures.exact_rows_per_second < target ? kExitTargetMissed : kExitOk;
}

}  // namespace

const Command kBenchForestCommand = {"bench forest", "",
                                     "rows per second of the isolation forest, beside scikit-learn",
                                     kOptions, run};

}  // namespace weir::main
