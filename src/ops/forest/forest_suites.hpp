// Parity suites of the family.
#pragma once

#include <vector>

#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

std::vector<Suite> forest_suites();

}  // namespace weir::ops::parity
