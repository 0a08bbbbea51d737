// The parity suites of the ops that table steps are built on.
#pragma once

#include <vector>

#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

std::vector<Suite> table_suites();

}  // namespace weir::ops::parity
