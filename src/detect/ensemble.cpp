#include "detect/ensemble.hpp"

#include <cmath>

#include "base/check.hpp"

namespace weir::detect {

void Ensemble::set_weight(DetectorGroup group, float weight) {
  CHECK(std::isfinite(weight) && weight >= 0);
  weights_[static_cast<unsigned>(group)] = weight;
}

namespace {

// The mean tail of each group over the detectors that scored one row.
struct GroupMeans {
  std::array<float, kDetectorGroups> sum{};
  std::array<float, kDetectorGroups> count{};

  void add(DetectorGroup group, float tail) {
    sum[static_cast<unsigned>(group)] += tail;
    count[static_cast<unsigned>(group)] += 1.0F;
  }
  float capped(unsigned group) const {
    const float mean = count[group] > 0 ? sum[group] / count[group] : 0.0F;
    return mean < Ensemble::kGroupTailMax ? mean : Ensemble::kGroupTailMax;
  }
};

}  // namespace

void Ensemble::combine(std::span<const Part> parts, std::span<float> raw,
                       std::span<std::uint8_t> flags, std::span<std::uint32_t> mask) const {
  CHECK_EQ(parts.size(), groups_.size());
  constexpr std::uint8_t kPassedOn = kMissingInput | kLate;
  for (std::size_t row = 0; row < raw.size(); ++row) {
    GroupMeans means;
    std::uint32_t scored = 0;
    std::uint8_t passed_on = 0;
    std::uint8_t reasons = 0;
    for (std::size_t d = 0; d < parts.size(); ++d) {
      const std::uint8_t flag = parts[d].flags[row];
      passed_on = static_cast<std::uint8_t>(passed_on | (flag & kPassedOn));
      if ((flag & kNoScore) != 0) {
        reasons = static_cast<std::uint8_t>(reasons | (flag & kNoScore));
        continue;
      }
      scored |= 1U << d;
      means.add(groups_[d], parts[d].tail[row]);
    }
    float sum = 0;
    for (unsigned group = 0; group < kDetectorGroups; ++group) {
      sum += weights_[group] * means.capped(group);
    }
    raw[row] = sum;
    mask[row] = scored;
    flags[row] = static_cast<std::uint8_t>(passed_on | (scored == 0 ? reasons : 0));
  }
}

void Ensemble::shares(std::span<const float> tails, std::uint32_t mask,
                      std::span<float> added) const {
  CHECK_EQ(tails.size(), groups_.size());
  GroupMeans means;
  for (std::size_t d = 0; d < tails.size(); ++d) {
    if ((mask >> d & 1) != 0) means.add(groups_[d], tails[d]);
  }
  for (std::size_t d = 0; d < tails.size(); ++d) {
    const auto group = static_cast<unsigned>(groups_[d]);
    const bool counts = (mask >> d & 1) != 0 && means.sum[group] > 0;
    added[d] =
        counts ? weights_[group] * means.capped(group) * (tails[d] / means.sum[group]) : 0.0F;
  }
}

}  // namespace weir::detect
