#include "ops/forest/forest_suites.hpp"

#include "ops/forest/score/forest_score_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> forest_suites() {
  return {suite_of<ForestScore>()};
}

}  // namespace weir::ops::parity
