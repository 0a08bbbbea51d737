#include "detect/model_set.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/check.hpp"
#include "detect/registry.hpp"

namespace weir::detect {
namespace {

using profile::kFeatures;

constexpr std::uint32_t kMagic = 0x53444D57;  // "WMDS"
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kTileRows = 1024;

// What one thread needs to score a tile.
struct TileScratch {
  std::array<float, kTileRows> raw;
  std::array<std::array<std::uint8_t, kTileRows>, kDetectorsMax> flags;
  std::array<Ensemble::Part, kDetectorsMax> parts;
};

TileScratch& tile_scratch() {
  static thread_local const auto scratch = std::make_unique<TileScratch>();
  return *scratch;
}

// Reference rows of a fit: evenly spread over those given, gaps filled with column medians.
class ReferenceRows {
 public:
  ReferenceRows(const ops::ColumnsView& given, std::size_t rows_max)
      : rows_(std::min(given.rows, rows_max)),
        stride_((rows_ + 63) / 64 * 64 + 64),
        values_(kFeatures * stride_) {
    tbb::parallel_for(std::size_t{0}, std::size_t{kFeatures}, [&](std::size_t f) {
      float* to = values_.data() + f * stride_;
      const float* from = given.column(f);
      for (std::size_t i = 0; i < rows_; ++i) to[i] = from[i * given.rows / rows_];
      fill_gaps({to, rows_});
    });
  }
  ops::ColumnsView view() const { return {values_.data(), rows_, stride_, kFeatures}; }

 private:
  static void fill_gaps(std::span<float> column) {
    std::vector<float> finite;
    for (const float x : column) {
      if (std::isfinite(x)) finite.push_back(x);
    }
    if (finite.size() == column.size()) return;
    float median = 0;
    if (!finite.empty()) {
      const auto middle = finite.begin() + static_cast<std::ptrdiff_t>((finite.size() - 1) / 2);
      std::nth_element(finite.begin(), middle, finite.end());
      median = *middle;
    }
    for (float& x : column) {
      if (!std::isfinite(x)) x = median;
    }
  }

  std::size_t rows_;
  std::size_t stride_;
  AlignedBuffer<float> values_;
};

// Runs body(first, count) over tiles of rows in parallel; returns the first failure in row order.
template <class Body>
Status for_tiles(std::size_t rows, const Body& body) {
  const std::size_t tiles = (rows + kTileRows - 1) / kTileRows;
  std::vector<Status> statuses(tiles);
  tbb::parallel_for(std::size_t{0}, tiles, [&](std::size_t tile) {
    const std::size_t first = tile * kTileRows;
    statuses[tile] = body(first, std::min(kTileRows, rows - first));
  });
  for (Status& status : statuses) {
    if (!status.is_ok()) return status;
  }
  return Status::ok();
}

// A detector's answers on the reference rows.
struct ReferenceScores {
  explicit ReferenceScores(std::size_t rows) : raw(rows), tail(rows), flags(rows) {}
  std::vector<float> raw;
  std::vector<float> tail;
  std::vector<std::uint8_t> flags;
};

Result<Calibration> calibrate(ReferenceScores& scores) {
  std::vector<float> scored;
  scored.reserve(scores.raw.size());
  for (std::size_t row = 0; row < scores.raw.size(); ++row) {
    if ((scores.flags[row] & kNoScore) == 0) scored.push_back(scores.raw[row]);
  }
  WEIR_ASSIGN(Calibration made, Calibration::fit(scored));
  made.tails(scores.raw, scores.tail);
  return made;
}

Status check_options(const ops::ColumnsView& reference, const FitOptions& options) {
  if (reference.columns != kFeatures) {
    return invalid_argument("reference_shape",
                            std::to_string(reference.columns) + " feature columns, 32 are needed");
  }
  if (std::min(reference.rows, options.reference_rows) < kReferenceRowsMin) {
    return failed_precondition("reference_too_small",
                               std::to_string(std::min(reference.rows, options.reference_rows)) +
                                   " reference rows, at least " +
                                   std::to_string(kReferenceRowsMin) + " are needed")
        .hint("replay a longer window; 100,000 rows or more are advised");
  }
  return Status::ok();
}

// Zeroes the tails of rows without a score and marks those beyond the reference.
void finish_tails(const Calibration& calibration, std::span<const float> raw, std::span<float> tail,
                  std::span<std::uint8_t> flags) {
  calibration.tails(raw, tail);
  for (std::size_t row = 0; row < raw.size(); ++row) {
    if ((flags[row] & kNoScore) != 0) {
      tail[row] = 0;
    } else if (calibration.extrapolated(raw[row])) {
      flags[row] = static_cast<std::uint8_t>(flags[row] | kExtrapolated);
    }
  }
}

}  // namespace

ScoreOutput ScoreBuffer::view(std::size_t rows, std::size_t detectors) {
  if (flags_.size() < rows) {
    tail_e6_.resize(rows);
    flags_.resize(rows);
    mask_.resize(rows);
  }
  if (tail_.size() < rows * detectors) tail_.resize(rows * detectors);
  return {{tail_e6_.data(), rows},
          {flags_.data(), rows},
          {mask_.data(), rows},
          {tail_.data(), rows * detectors},
          rows};
}

void score_warming(ScoreOutput& out) {
  std::fill(out.tail_e6.begin(), out.tail_e6.end(), 0U);
  std::fill(out.flags.begin(), out.flags.end(), std::uint8_t{kWarming});
  std::fill(out.detector_mask.begin(), out.detector_mask.end(), 0U);
  std::fill(out.tail.begin(), out.tail.end(), 0.0F);
}

Result<std::shared_ptr<const ModelSet>> ModelSet::fit(const ops::ColumnsView& reference,
                                                      const FitOptions& options) {
  WEIR_TRY(check_options(reference, options));
  const ReferenceRows rows(reference, options.reference_rows);
  const ops::ColumnsView view = rows.view();
  std::shared_ptr<ModelSet> made(new ModelSet());
  made->version_ = options.version;
  std::vector<ReferenceScores> scores;
  for (const DetectorEntry& entry : detector_registry()) {
    WEIR_ASSIGN(std::unique_ptr<Detector> detector, entry.fit(view, options));
    ReferenceScores& said = scores.emplace_back(view.rows);
    WEIR_TRY(for_tiles(view.rows, [&](std::size_t first, std::size_t count) {
      DetectorOutput out{std::span(said.raw).subspan(first, count),
                         std::span(said.flags).subspan(first, count)};
      return detector->score({}, view.slice(first, count), out);
    }));
    WEIR_ASSIGN(Calibration calibration, calibrate(said));
    made->parts_.push_back({std::move(detector), std::move(calibration)});
  }
  made->bind();

  ReferenceScores combined(view.rows);
  std::vector<std::uint32_t> mask(view.rows);
  std::vector<Ensemble::Part> parts;
  for (const ReferenceScores& said : scores) parts.push_back({said.tail, said.flags});
  made->ensemble_.combine(parts, combined.raw, combined.flags, mask);
  WEIR_ASSIGN(made->ensemble_calibration_, calibrate(combined));
  return made;
}

// Derives names and the ensemble from the parts.
void ModelSet::bind() {
  std::vector<DetectorGroup> groups;
  names_.assign(1, "ensemble");
  for (const Part& part : parts_) {
    names_.push_back(part.detector->info().name);
    groups.push_back(part.detector->info().group);
  }
  CHECK_LE(names_.size(), kDetectorsMax);
  ensemble_ = Ensemble(std::move(groups));
}

std::vector<std::uint8_t> ModelSet::serialize() const {
  ByteWriter out;
  out.u32(kMagic);
  out.u32(kFormatVersion);
  out.u32(profile::kFeatureSchemaVersion);
  out.u64(version_);
  out.u32(static_cast<std::uint32_t>(parts_.size()));
  for (const Part& part : parts_) {
    out.text(part.detector->info().name);
    ByteWriter model;
    part.detector->save_model(model);
    out.u64(model.bytes().size());
    out.raw(model.bytes());
    part.calibration.serialize(out);
  }
  for (unsigned group = 0; group < kDetectorGroups; ++group) {
    out.f32(ensemble_.weight(static_cast<DetectorGroup>(group)));
  }
  ensemble_calibration_.serialize(out);
  return std::move(out.buffer());
}

Result<std::shared_ptr<const ModelSet>> ModelSet::deserialize(Bytes bytes) {
  const auto malformed = [](const std::string& what) {
    return fail(invalid_argument("model_set_malformed", what));
  };
  ByteReader in(bytes);
  if (in.u32() != kMagic) return malformed("not a model set");
  if (in.u32() != kFormatVersion) return malformed("unknown model set format");
  if (const std::uint32_t schema = in.u32(); schema != profile::kFeatureSchemaVersion) {
    return malformed("fitted to feature schema " + std::to_string(schema) + ", this program has " +
                     std::to_string(profile::kFeatureSchemaVersion));
  }
  std::shared_ptr<ModelSet> made(new ModelSet());
  made->version_ = in.u64();
  const std::uint32_t parts = in.u32();
  if (parts == 0 || parts >= kDetectorsMax) return malformed("the number of detectors");
  for (std::uint32_t i = 0; i < parts; ++i) {
    const std::string name(in.text());
    const DetectorEntry* entry = find_detector(name);
    if (!in.ok() || entry == nullptr) return malformed("no detector \"" + name + "\"");
    ByteReader model(in.raw(in.u64()));
    WEIR_ASSIGN(std::unique_ptr<Detector> detector, entry->load(model));
    if (!model.ok() || model.left() != 0) return malformed(name + " has bytes left over");
    WEIR_ASSIGN(Calibration calibration, Calibration::deserialize(in));
    made->parts_.push_back({std::move(detector), std::move(calibration)});
  }
  made->bind();
  for (unsigned group = 0; group < kDetectorGroups; ++group) {
    const float weight = in.f32();
    if (!std::isfinite(weight) || weight < 0) return malformed("an ensemble weight");
    made->ensemble_.set_weight(static_cast<DetectorGroup>(group), weight);
  }
  WEIR_ASSIGN(made->ensemble_calibration_, Calibration::deserialize(in));
  if (!in.ok() || in.left() != 0) return malformed("bytes left over");
  return made;
}

Status ModelSet::score(const profile::EventColumns& events, const profile::FeatureMatrix& features,
                       ScoreOutput& out) const {
  return score_rows(events, features, 0, features.rows(), out);
}

Status ModelSet::score_rows(const profile::EventColumns& events,
                            const profile::FeatureMatrix& features, std::size_t first,
                            std::size_t count, ScoreOutput& out) const {
  const std::size_t rows = features.rows();
  if (first > rows || count > rows - first || out.flags.size() < rows ||
      out.tail_e6.size() < rows || out.detector_mask.size() < rows || out.tail_stride < rows ||
      out.tail.size() < (names_.size() - 1) * out.tail_stride + rows) {
    return invalid_argument("score_shape", "the output does not hold the rows");
  }
  if (events.rows() != 0 && events.rows() != rows) {
    return invalid_argument("score_shape", std::to_string(events.rows()) + " events for " +
                                               std::to_string(rows) + " feature rows");
  }
  const ops::ColumnsView view = feature_view(features);
  for (std::size_t at = first; at < first + count; at += kTileRows) {
    const std::size_t tile = std::min(kTileRows, first + count - at);
    WEIR_TRY(score_tile(events, view.slice(at, tile), at, out));
  }
  return Status::ok();
}

Status ModelSet::score_tile(const profile::EventColumns& events, const ops::ColumnsView& features,
                            std::size_t first, ScoreOutput& out) const {
  TileScratch& scratch = tile_scratch();
  const std::size_t rows = features.rows;
  profile::EventColumns slice;
  if (events.rows() != 0) {
    slice = {events.events.subspan(first, rows), events.debtor_slot.subspan(first, rows),
             events.creditor_slot.subspan(first, rows), events.entity_flags.subspan(first, rows)};
  }
  const std::span<float> raw(scratch.raw.data(), rows);
  for (std::size_t d = 0; d < parts_.size(); ++d) {
    const std::span<std::uint8_t> flags(scratch.flags[d].data(), rows);
    const std::span<float> tail = out.tail_of(d + 1).subspan(first, rows);
    DetectorOutput said{raw, flags};
    WEIR_TRY(parts_[d].detector->score(slice, features, said));
    finish_tails(parts_[d].calibration, raw, tail, flags);
    scratch.parts[d] = {tail, flags};
  }
  const std::span<std::uint8_t> flags = out.flags.subspan(first, rows);
  const std::span<std::uint32_t> mask = out.detector_mask.subspan(first, rows);
  const std::span<float> tail = out.tail_of(kEnsembleIndex).subspan(first, rows);
  ensemble_.combine(std::span(scratch.parts).first(parts_.size()), raw, flags, mask);
  finish_tails(ensemble_calibration_, raw, tail, flags);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint32_t scored = mask[row];
    mask[row] = scored << 1 | (scored != 0 ? 1U : 0U);
    out.tail_e6[first + row] = detect::tail_e6(tail[row]);
  }
  return Status::ok();
}

Result<std::size_t> ModelSet::explain(const profile::FeatureMatrix& features, std::size_t row,
                                      std::span<Contribution> out) const {
  if (row >= features.rows()) {
    return fail(invalid_argument(
        "row_range", "row " + std::to_string(row) + " of " + std::to_string(features.rows())));
  }
  const ops::ColumnsView view = feature_view(features).slice(row, 1);
  Tails tails{};
  std::uint32_t mask = 0;
  for (std::size_t d = 0; d < parts_.size(); ++d) {
    float raw = 0;
    std::uint8_t flags = 0;
    DetectorOutput said{{&raw, 1}, {&flags, 1}};
    WEIR_TRY(parts_[d].detector->score({}, view, said));
    if ((flags & kNoScore) != 0) continue;
    tails[d] = parts_[d].calibration.tail(raw);
    mask |= 1U << d;
  }
  return explain(view, tails, mask, out);
}

Result<std::size_t> ModelSet::explain(const profile::FeatureMatrix& features,
                                      const ScoreOutput& scores, std::size_t row,
                                      std::span<Contribution> out) const {
  CHECK_LT(row, features.rows());
  Tails tails{};
  for (std::size_t d = 0; d < parts_.size(); ++d) tails[d] = scores.tail_of(d + 1)[row];
  return explain(feature_view(features).slice(row, 1), tails, scores.detector_mask[row] >> 1, out);
}

Result<std::size_t> ModelSet::explain(const ops::ColumnsView& row, const Tails& tails,
                                      std::uint32_t mask, std::span<Contribution> out) const {
  Tails added{};
  ensemble_.shares(std::span(tails).first(parts_.size()), mask,
                   std::span(added).first(parts_.size()));
  std::array<double, kFeatures> amounts{};
  for (std::size_t d = 0; d < parts_.size(); ++d) {
    if (!(added[d] > 0)) continue;
    std::array<double, kFeatures> own{};
    WEIR_TRY(parts_[d].detector->contributions(row, 0, own));
    double positive = 0;
    for (const double amount : own) positive += amount > 0 ? amount : 0;
    if (!(positive > 0)) continue;
    for (std::size_t f = 0; f < kFeatures; ++f) amounts[f] += added[d] * (own[f] / positive);
  }
  return rank_contributions(amounts, out);
}

std::size_t rank_contributions(std::span<const double> amounts, std::span<Contribution> out) {
  double positive = 0;
  for (const double amount : amounts) positive += amount > 0 ? amount : 0;
  std::array<Contribution, kFeatures> ranked;
  std::size_t count = 0;
  for (std::size_t f = 0; f < amounts.size(); ++f) {
    if (!(amounts[f] > 0)) continue;
    ranked[count++] = {static_cast<std::uint32_t>(f), static_cast<float>(amounts[f]),
                       static_cast<float>(amounts[f] / positive)};
  }
  std::sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count),
            [](const Contribution& a, const Contribution& b) {
              return a.weight != b.weight ? a.weight > b.weight : a.feature < b.feature;
            });
  const std::size_t written = std::min(count, out.size());
  std::copy_n(ranked.begin(), written, out.begin());
  return written;
}

}  // namespace weir::detect
