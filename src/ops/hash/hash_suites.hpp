// The parity suites of the hash family.
#pragma once

#include <vector>

#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

std::vector<Suite> hash_suites();

}  // namespace weir::ops::parity
