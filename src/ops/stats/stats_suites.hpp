// The parity suites of the stats family.
#pragma once

#include <vector>

#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

std::vector<Suite> stats_suites();

}  // namespace weir::ops::parity
