#include "main/bench/numeric_peer.hpp"

#include <cstdio>
#include <cstdlib>

#include "main/bench/python_peer.hpp"
#include "main/scratch_dir.hpp"
#include "model/numeric/matrix_source.hpp"

namespace weir::main {

Result<NumericPeer> time_numeric_peer(const Arguments& args, const NumericSample* sample,
                                      double penalty) {
  WEIR_ASSIGN(const auto scratch, ScratchDir::create());
  const std::string dir = scratch->path();
  std::vector<std::string> words;
  if (sample != nullptr) {
    WEIR_TRY(sample->write(dir + "/x.f64", dir + "/y.f64"));
    words = {"--x",       dir + "/x.f64",
             "--y",       dir + "/y.f64",
             "--columns", std::to_string(sample->x().cols),
             "--weights", dir + "/weights.f64",
             "--penalty", std::to_string(penalty)};
  }
  WEIR_ASSIGN(const std::string printed, PythonPeer(args, "bench/numeric_peer.py").run(words));
  const auto number = [&](const char* key) {
    return std::strtod(json_member(printed, key).c_str(), nullptr);
  };
  NumericPeer peer;
  peer.numpy = json_member(printed, "numpy");
  peer.features_per_s = number("features_per_s");
  peer.features_64_per_s = number("features_64_per_s");
  if (!(peer.features_per_s > 0)) return fail(unavailable("peer_output", "printed " + printed));
  if (sample == nullptr) return peer;
  peer.version = json_member(printed, "version");
  peer.train_s = number("train_s");
  peer.components = number("components");
  peer.predict_per_s = number("predict_per_s");
  peer.predict_row_p99_us = number("predict_row_p99_us");
  if (!(peer.train_s > 0)) return fail(unavailable("peer_output", "printed " + printed));
  peer.weights.resize(sample->x().cols + 1);
  WEIR_ASSIGN(const auto source,
              model::FileSource::open(dir + "/weights.f64", peer.weights.size()));
  WEIR_TRY(source->block(0, 1, peer.weights));
  return peer;
}

void report_numeric_peer(const NumericPeer& peer, BenchReport& report) {
  std::printf("numpy %s: features %.3f M windows/s, %.3f M/s with stride 64\n", peer.numpy.c_str(),
              peer.features_per_s / 1e6, peer.features_64_per_s / 1e6);
  report.set("peer_numpy", peer.numpy);
  report.set("peer_features_per_s", peer.features_per_s);
  report.set("peer_features_64_per_s", peer.features_64_per_s);
  if (peer.version.empty()) return;
  std::printf(
      "scikit-learn %s, numpy %s: train %.3f s (%.0f components), predict %.2f M rows/s, one row "
      "p99 %.1f us\n",
      peer.version.c_str(), peer.numpy.c_str(), peer.train_s, peer.components,
      peer.predict_per_s / 1e6, peer.predict_row_p99_us);
  report.set("peer_version", peer.version);
  report.set("peer_train_s", peer.train_s);
  report.set("peer_components", peer.components);
  report.set("peer_predict_per_s", peer.predict_per_s);
  report.set("peer_predict_row_p99_us", peer.predict_row_p99_us);
}

}  // namespace weir::main
