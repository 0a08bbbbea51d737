// Measures how many rows a second the forest scores, beside the naive walk in the same run.
//
//   WEIR_ASSIGN(const ForestBenchReport report, run_forest_bench({.rows = 262'144}));
//   report.exact_rows_per_second;
//
// The peer is scikit-learn, on the same rows and the same trees: bench/forest_peer.py fits and
// times it and writes model.json; this bench then reads that model and writes its scores for the
// comparison.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace weir::ops {

struct ForestBenchOptions {
  std::size_t rows = 262'144;
  std::size_t columns = 24;
  std::uint32_t trees = 100;
  std::uint32_t psi = 256;
  std::uint64_t seed = 1;  // of training; the rows are always the same
  unsigned threads = 2;
  double seconds = 1.0;          // measured for each figure, at least one pass
  std::string model_json = {};   // score this model of scikit-learn instead of training one
  std::string scores_file = {};  // write the shown scores of all rows here, f64 little-endian
};

// Rates are medians of the passes that fit into `seconds`.
struct ForestBenchReport {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t trees = 0;
  double nodes_per_tree = 0;
  unsigned threads = 0;
  std::string engine;  // chosen at load
  std::string isa;
  double exact_rows_per_second = 0;       // the chosen engine on all threads
  double exact_rows_per_second_best = 0;  // of its fastest pass
  double one_thread_rows_per_second = 0;
  double traverse_rows_per_second = 0;  // one thread
  double naive_rows_per_second = 0;     // one thread
  double one_row_p50_us = 0;            // a batch of one
  double one_row_p99_us = 0;
  double train_ms = 0;             // best of three, all threads, on 100,000 rows at most
  std::size_t differing_rows = 0;  // rows where an engine's bits differ from the naive walk: 0
};

// Runs the bench. Errors: invalid_argument for a model that does not fit the columns or cannot be
// read.
Result<ForestBenchReport> run_forest_bench(const ForestBenchOptions& options);

// Returns the report as a table for people.
std::string forest_bench_text(const ForestBenchReport& report);

}  // namespace weir::ops
