// What deciding takes from the detectors: the columns of a scored batch, and what moved the score
// of one row.
//
//   bind_scores(batch.models.get(), batch.scores, input);
//   const std::size_t parts = explain_score(*batch.models, batch.features, row, weights);
#pragma once

#include <cstddef>
#include <span>

#include "decide/decider.hpp"
#include "decide/explain.hpp"
#include "detect/model_set.hpp"

namespace weir::gate {

// Points `input` at the scores; both must stay. `models` may be null: nothing is fitted yet, and
// "ensemble" is the one name.
void bind_scores(const detect::ModelSet* models, const detect::ScoreOutput& scores,
                 decide::DecideInput& input);

// Fills in what moved the ensemble's score of a row, at most kReasonsMax features, and returns how
// many. Deterministic; allocates nothing.
std::size_t explain_score(const detect::ModelSet& models, const profile::FeatureMatrix& features,
                          const detect::ScoreOutput& scores, std::size_t row,
                          std::span<decide::FeatureWeight, decide::kReasonsMax> weights);
// The same for a row whose scores are not at hand.
std::size_t explain_score(const detect::ModelSet& models, const profile::FeatureMatrix& features,
                          std::size_t row,
                          std::span<decide::FeatureWeight, decide::kReasonsMax> weights);

}  // namespace weir::gate
