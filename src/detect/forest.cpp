#include "detect/forest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/aligned.hpp"
#include "base/check.hpp"
#include "detect/model_set.hpp"
#include "ops/forest/finite.hpp"
#include "ops/forest/forest.hpp"
#include "ops/forest/scorer.hpp"

namespace weir::detect {
namespace {

using profile::kFeatures;

using Medians = std::array<float, kFeatures>;

constexpr DetectorInfo kInfo{
    .name = "forest",
    .version = 1,
    .group = DetectorGroup::kOutlier,
    .numeric = NumericClass::kExact,
    .stateful = false,
};

// Rows of a batch with their gaps filled; kept per thread, since gaps are rare.
struct Patched {
  static constexpr std::size_t kRowsMax = 1024;
  AlignedBuffer<float> values;
};

class ForestDetector final : public Detector {
 public:
  ForestDetector(ops::Forest forest, const Medians& medians)
      : info_(kInfo), forest_(std::move(forest)), scorer_(forest_), medians_(medians) {
    info_.feature_mask = 0;
    for (const std::int32_t feature : forest_.feature) {
      if (feature >= 0) info_.feature_mask |= 1U << feature;
    }
  }

  const DetectorInfo& info() const override { return info_; }

  Status score(const profile::EventColumns&, const ops::ColumnsView& features,
               DetectorOutput& out) override {
    if (features.columns != kFeatures || out.raw.size() < features.rows ||
        out.flags.size() < features.rows) {
      return invalid_argument("forest_shape",
                              "the forest reads 32 feature columns and writes a value a row");
    }
    for (std::size_t first = 0; first < features.rows; first += Patched::kRowsMax) {
      const std::size_t count = std::min(Patched::kRowsMax, features.rows - first);
      score_tile(features.slice(first, count), out.raw.subspan(first, count),
                 out.flags.subspan(first, count));
    }
    return Status::ok();
  }

  Status contributions(const ops::ColumnsView& features, std::size_t row,
                       std::span<double> out) const override {
    if (features.columns != kFeatures || row >= features.rows || out.size() < kFeatures) {
      return invalid_argument("forest_shape", "no such row, or not 32 feature columns");
    }
    std::array<float, kFeatures> values;
    for (std::size_t f = 0; f < kFeatures; ++f) {
      const float x = features.at(row, f);
      values[f] = std::isfinite(x) ? x : medians_[f];
    }
    ops::forest_contributions(forest_, {values.data(), 1, 1, kFeatures}, 0, out);
    return Status::ok();
  }

  void forget(std::uint32_t) override {}

  void save_model(ByteWriter& out) const override {
    forest_.serialize(out);
    for (const float median : medians_) out.f32(median);
  }
  void save_state(ByteWriter&) const override {}
  Status load_state(ByteReader&) override { return Status::ok(); }

 private:
  void score_tile(const ops::ColumnsView& rows, std::span<float> raw,
                  std::span<std::uint8_t> flags) const {
    std::fill(flags.begin(), flags.end(), std::uint8_t{0});
    bool gaps = false;
    for (std::size_t f = 0; f < kFeatures; ++f) {
      if ((info_.feature_mask >> f & 1) != 0) gaps |= !ops::all_finite({rows.column(f), rows.rows});
    }
    scorer_.score(gaps ? fill_gaps(rows, flags) : rows, raw);
  }

  // Copies rows, with medians in place of what is not finite, and flags those rows.
  ops::ColumnsView fill_gaps(const ops::ColumnsView& rows, std::span<std::uint8_t> flags) const {
    static thread_local Patched patched;
    if (patched.values.size() == 0) {
      patched.values = AlignedBuffer<float>(kFeatures * Patched::kRowsMax);
    }
    for (std::size_t f = 0; f < kFeatures; ++f) {
      const bool read = (info_.feature_mask >> f & 1) != 0;
      float* to = patched.values.data() + f * Patched::kRowsMax;
      for (std::size_t row = 0; row < rows.rows; ++row) {
        const float x = rows.at(row, f);
        to[row] = std::isfinite(x) ? x : medians_[f];
        if (read && !std::isfinite(x)) flags[row] = kMissingInput;
      }
    }
    return {patched.values.data(), rows.rows, Patched::kRowsMax, kFeatures};
  }

  DetectorInfo info_;
  ops::Forest forest_;
  ops::ForestScorer scorer_;
  Medians medians_;
};

// The lower median of each column; rows are finite.
Medians column_medians(const ops::ColumnsView& rows) {
  Medians medians{};
  std::vector<float> values(rows.rows);
  const auto middle = static_cast<std::ptrdiff_t>((rows.rows - 1) / 2);
  for (std::size_t f = 0; f < kFeatures; ++f) {
    std::copy_n(rows.column(f), rows.rows, values.begin());
    std::nth_element(values.begin(), values.begin() + middle, values.end());
    medians[f] = values[static_cast<std::size_t>(middle)];
  }
  return medians;
}

}  // namespace

Result<std::unique_ptr<Detector>> fit_forest(const ops::ColumnsView& reference,
                                             const FitOptions& options) {
  if (reference.columns != kFeatures) {
    return fail(invalid_argument(
        "forest_shape", std::to_string(reference.columns) + " feature columns, 32 are needed"));
  }
  ops::ForestOptions train{.trees = options.trees, .psi = options.psi, .seed = options.seed};
  for (std::uint32_t f = 0; f < kFeatures; ++f) {
    if ((options.feature_mask >> f & 1) != 0) train.features.push_back(f);
  }
  if (train.features.empty()) {
    return fail(invalid_argument("forest_features", "feature_mask is 0").at("feature_mask"));
  }
  WEIR_ASSIGN(ops::Forest forest, ops::train_forest(reference, train));
  return std::make_unique<ForestDetector>(std::move(forest), column_medians(reference));
}

Result<std::unique_ptr<Detector>> load_forest(ByteReader& in) {
  WEIR_ASSIGN(ops::Forest forest, ops::Forest::deserialize(in));
  Medians medians;
  for (float& median : medians) {
    median = in.f32();
    if (!std::isfinite(median)) {
      return fail(invalid_argument("forest_malformed", "a median is not finite"));
    }
  }
  if (!in.ok() || forest.columns != kFeatures) {
    return fail(invalid_argument("forest_malformed", "not a forest over the 32 features"));
  }
  return std::make_unique<ForestDetector>(std::move(forest), medians);
}

}  // namespace weir::detect
