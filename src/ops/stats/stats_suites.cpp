#include "ops/stats/stats_suites.hpp"

#include "ops/stats/covariance/covariance_parity.hpp"
#include "ops/stats/dot/dot_parity.hpp"
#include "ops/stats/histogram/histogram_parity.hpp"
#include "ops/stats/moments/moments_parity.hpp"
#include "ops/stats/quantile/quantile_parity.hpp"
#include "ops/stats/sum/sum_parity.hpp"
#include "ops/stats/window_features/window_features_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> stats_suites() {
  return {suite_of<Sum>(),        suite_of<Dot>(),
          suite_of<MomentsOf>(),  suite_of<WindowFeatures>(),
          suite_of<Quantile>(),   suite_of<Histogram>(),
          suite_of<Covariance>(), suite_of<Correlation>()};
}

}  // namespace weir::ops::parity
