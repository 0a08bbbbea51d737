// The parity suites of the factorizations and of gram.
#pragma once

#include <vector>

#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

std::vector<Suite> factor_suites();

}  // namespace weir::ops::parity
