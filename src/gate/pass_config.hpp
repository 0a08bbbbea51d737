// From the configuration to what decides: the keys that may change while the pass runs, each change
// a record of the log.
//
//   PassOptions options;
//   set_decide_options(config, options);
#pragma once

#include "base/config/config.hpp"
#include "gate/pass.hpp"

namespace weir::gate {

// Sets fusion, thresholds and the outcome of unscored events from decide.*.
void set_decide_options(const Config& config, PassOptions& options);

}  // namespace weir::gate
