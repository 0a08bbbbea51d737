// The parity suites of the sparse family.
#pragma once

#include <vector>

#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

std::vector<Suite> sparse_suites();

}  // namespace weir::ops::parity
