// Ensemble: combines the tails of all detectors into the one number that the decision reads.
//
//   Ensemble ensemble(groups);                  // the group of each detector, in registry order
//   ensemble.combine(parts, raw, flags, mask);  // raw = sum over groups of w_g min(t_g, 6)
//
// t_g is the mean tail of the group's detectors that scored the row. The result is calibrated once
// more on the same reference rows, which absorbs the dependence between groups. Class `fixed`: the
// sums run in detector order, then in group order, in f32.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "detect/detector.hpp"

namespace weir::detect {

class Ensemble {
 public:
  static constexpr float kGroupTailMax = 6.0F;

  explicit Ensemble(std::vector<DetectorGroup> groups) : groups_(std::move(groups)) {
    weights_.fill(1.0F);
  }
  // Sets the weight of a group, finite and >= 0; 1 unless set.
  void set_weight(DetectorGroup group, float weight);
  float weight(DetectorGroup group) const { return weights_[static_cast<unsigned>(group)]; }
  std::size_t detectors() const { return groups_.size(); }

  // What one detector said about the rows: [rows] each.
  struct Part {
    std::span<const float> tail;
    std::span<const std::uint8_t> flags;
  };
  // Writes per row the combined raw value, the flags, and a mask whose bit d tells that detector d
  // scored it. A row that no detector scored has raw 0 and keeps its kNoScore flags. The flags
  // missing_input and late are passed on from any part. parts.size() == detectors(). No allocation.
  void combine(std::span<const Part> parts, std::span<float> raw, std::span<std::uint8_t> flags,
               std::span<std::uint32_t> mask) const;
  // Writes what each detector added to raw of one row; the shares by which parts are explained.
  void shares(std::span<const float> tails, std::uint32_t mask, std::span<float> added) const;

 private:
  std::vector<DetectorGroup> groups_;
  std::array<float, kDetectorGroups> weights_{};
};

}  // namespace weir::detect
