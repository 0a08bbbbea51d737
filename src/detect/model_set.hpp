// ModelSet: the fitted detectors, their calibrations and the ensemble; immutable, shared, replaced
// whole.
//
//   WEIR_ASSIGN(std::shared_ptr<const ModelSet> models, ModelSet::fit(feature_view(features), {}));
//   ScoreBuffer buffer;
//   ScoreOutput out = buffer.view(features.rows(), models->names().size());
//   WEIR_TRY(models->score(events, features, out));   // out.tail_e6[row] goes to the decision
//   log.append(models->serialize());                  // what replay reads back
//
// Without a set every row is warming: score_warming(out).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "detect/calibration.hpp"
#include "detect/detector.hpp"
#include "detect/ensemble.hpp"

namespace weir::detect {

// Number of the ensemble in names(), masks and per-detector tails; the others follow in registry
// order.
inline constexpr unsigned kEnsembleIndex = 0;
inline constexpr std::size_t kDetectorsMax = 32;

struct FitOptions {
  std::uint32_t trees = 100;
  std::uint32_t psi = 256;
  std::uint64_t seed = 0;
  // Rows used, evenly spread over those given; calibration needs at least kReferenceRowsMin.
  std::size_t reference_rows = 200'000;
  std::uint32_t feature_mask = 0xFFFFFFFFU;  // bit f: detectors may read Feature f
  std::uint64_t version = 1;                 // of the set; shown beside every verdict
};

// Where scores go: one value a row. `tail` is detector-major, [names().size()][tail_stride].
struct ScoreOutput {
  std::span<std::uint32_t> tail_e6;        // of the ensemble, 0..9,000,000
  std::span<std::uint8_t> flags;           // of the ensemble, ScoreFlags
  std::span<std::uint32_t> detector_mask;  // bit d: detector d of names() scored the row
  std::span<float> tail;
  std::size_t tail_stride = 0;

  std::span<float> tail_of(std::size_t detector) const {
    return tail.subspan(detector * tail_stride, flags.size());
  }
};

// Memory for a ScoreOutput; keeps its capacity from batch to batch.
class ScoreBuffer {
 public:
  ScoreOutput view(std::size_t rows, std::size_t detectors);

 private:
  std::vector<std::uint32_t> tail_e6_;
  std::vector<std::uint8_t> flags_;
  std::vector<std::uint32_t> mask_;
  std::vector<float> tail_;
};

// Writes what rows get while there is no model set: flag warming, tail 0, no detector.
void score_warming(ScoreOutput& out);

// Writes the positive amounts [features] as contributions: by weight falling, then by feature
// number. Returns how many were written, at most out.size().
std::size_t rank_contributions(std::span<const double> amounts, std::span<Contribution> out);

class ModelSet {
 public:
  // Fits every registered detector and all calibrations on rows of the 32 features. Non-finite
  // values are replaced by their column's median first. Uses all threads of the oneTBB arena; the
  // result does not depend on their number. Errors: failed_precondition below kReferenceRowsMin
  // rows; invalid_argument for options out of range.
  static Result<std::shared_ptr<const ModelSet>> fit(const ops::ColumnsView& reference,
                                                     const FitOptions& options);

  // Returns the set as one byte string: same set, same bytes. deserialize() refuses anything else
  // than what serialize() wrote, or a set fitted to another feature schema.
  std::vector<std::uint8_t> serialize() const;
  static Result<std::shared_ptr<const ModelSet>> deserialize(Bytes bytes);

  std::uint64_t version() const { return version_; }
  std::uint64_t reference_rows() const { return ensemble_calibration_.reference_rows(); }
  // Returns "ensemble", then the detectors; the index is the detector's number.
  std::span<const std::string_view> names() const { return names_; }
  // Returns a detector by its number; not kEnsembleIndex.
  const Detector& detector(std::size_t index) const { return *parts_[index - 1].detector; }
  const Calibration& calibration(std::size_t index) const {
    return index == kEnsembleIndex ? ensemble_calibration_ : parts_[index - 1].calibration;
  }

  // Scores a batch. events.rows() == features.rows(), or 0. Thread-safe while no detector is
  // stateful; no allocation after a thread's first call.
  Status score(const profile::EventColumns& events, const profile::FeatureMatrix& features,
               ScoreOutput& out) const;
  // Scores rows [first, first + count) into the same rows of `out`, so that threads can share a
  // batch.
  Status score_rows(const profile::EventColumns& events, const profile::FeatureMatrix& features,
                    std::size_t first, std::size_t count, ScoreOutput& out) const;

  // Writes the features that raised one row's ensemble score most: by weight falling, then by
  // feature number; only weights > 0. Returns how many were written, at most out.size().
  // Thread-safe; <= 50 us.
  Result<std::size_t> explain(const profile::FeatureMatrix& features, std::size_t row,
                              std::span<Contribution> out) const;
  // The same for a row that score() has just scored: it is not scored again.
  Result<std::size_t> explain(const profile::FeatureMatrix& features, const ScoreOutput& scores,
                              std::size_t row, std::span<Contribution> out) const;

 private:
  using Tails = std::array<float, kDetectorsMax>;  // [parts], of those in a mask
  Result<std::size_t> explain(const ops::ColumnsView& row, const Tails& tails, std::uint32_t mask,
                              std::span<Contribution> out) const;

  struct Part {
    std::unique_ptr<Detector> detector;
    Calibration calibration;
  };
  ModelSet() : ensemble_({}) {}
  void bind();
  Status score_tile(const profile::EventColumns& events, const ops::ColumnsView& features,
                    std::size_t first, ScoreOutput& out) const;

  std::uint64_t version_ = 0;
  std::vector<Part> parts_;
  std::vector<std::string_view> names_;
  Ensemble ensemble_;
  Calibration ensemble_calibration_;
};

}  // namespace weir::detect
