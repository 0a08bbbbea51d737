// All parity suites: each family lists its own in <family>/<family>_suites.cpp.
#pragma once

#include <vector>

#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

std::vector<Suite> suites();

}  // namespace weir::ops::parity
