#include "gate/detected.hpp"

#include <array>

#include "base/check.hpp"

namespace weir::gate {
namespace {

using Parts = std::array<detect::Contribution, decide::kReasonsMax>;

std::size_t to_weights(const Result<std::size_t>& count, const Parts& parts,
                       std::span<decide::FeatureWeight, decide::kReasonsMax> weights) {
  CHECK(count.has_value());
  for (std::size_t i = 0; i < *count; ++i) {
    weights[i] = {static_cast<profile::Feature>(parts[i].feature), parts[i].weight};
  }
  return *count;
}

}  // namespace

void bind_scores(const detect::ModelSet* models, const detect::ScoreOutput& scores,
                 decide::DecideInput& input) {
  static constexpr std::string_view kEnsembleOnly[] = {"ensemble"};
  input.tail_e6 = scores.tail_e6;
  input.score_flags = scores.flags;
  input.detector_mask = scores.detector_mask;
  input.detector_tail = scores.tail.data();
  input.tail_stride = scores.tail_stride;
  input.detector_names = kEnsembleOnly;
  if (models != nullptr) input.detector_names = models->names();
}

std::size_t explain_score(const detect::ModelSet& models, const profile::FeatureMatrix& features,
                          const detect::ScoreOutput& scores, std::size_t row,
                          std::span<decide::FeatureWeight, decide::kReasonsMax> weights) {
  Parts parts;
  return to_weights(models.explain(features, scores, row, parts), parts, weights);
}

std::size_t explain_score(const detect::ModelSet& models, const profile::FeatureMatrix& features,
                          std::size_t row,
                          std::span<decide::FeatureWeight, decide::kReasonsMax> weights) {
  Parts parts;
  return to_weights(models.explain(features, row, parts), parts, weights);
}

}  // namespace weir::gate
