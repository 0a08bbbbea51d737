// The parity suites of the matrix family.
#pragma once

#include <vector>

#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

std::vector<Suite> matrix_suites();

}  // namespace weir::ops::parity
