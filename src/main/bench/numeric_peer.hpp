// The peer of the numeric bench and of the ablation: scikit-learn and numpy on the same rows.
//
//   const auto peer = time_numeric_peer(args, sample, 1.0);
//   if (peer) report_numeric_peer(*peer, report);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "main/arguments.hpp"
#include "main/bench/report.hpp"
#include "main/numeric/sample.hpp"

namespace weir::main {

struct NumericPeer {
  std::string version;  // of scikit-learn
  std::string numpy;
  double train_s = 0;  // PCA(0.95, covariance_eigh), then Ridge
  double components = 0;
  double predict_per_s = 0;       // rows, by one product with the folded weights
  double predict_row_p99_us = 0;  // pca.transform and ridge.predict of one row
  double features_per_s = 0;      // windows of 64, stride 1
  double features_64_per_s = 0;   // stride 64
  std::vector<double> weights;    // [columns + 1], the bias last
};

// Hands the rows over as a file (null: none, and only features are timed), runs
// bench/numeric_peer.py (or --script) and reads what it found.
// Errors: not_found (peer_missing), unavailable (peer_failed, peer_output), those of the disk.
Result<NumericPeer> time_numeric_peer(const Arguments& args, const NumericSample* sample,
                                      double penalty);

// Prints the figures and sets them as peer_* keys.
void report_numeric_peer(const NumericPeer& peer, BenchReport& report);

}  // namespace weir::main
