// The suites that gpu-verify runs: every op with a device form.
#pragma once

#include <vector>

#include "ops/parity/suite.hpp"

namespace weir::gpu_verify {

std::vector<ops::parity::Suite> suites();

}  // namespace weir::gpu_verify
