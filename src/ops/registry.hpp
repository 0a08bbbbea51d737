// The registry: every op, one line each in registry.cpp.
//
//   const OpEntry* entry = find_op("stats.moments");   // null if there is none
#pragma once

#include <span>
#include <string_view>

#include "base/result.hpp"
#include "ops/entry.hpp"

namespace weir::ops {

// All ops, families together.
std::span<const OpEntry> registry();
const OpEntry* find_op(std::string_view name);
// Returns an op that verdicts may depend on. not_found (op_unknown) names the nearest;
// failed_precondition (op_tolerant): its bits differ between machines.
Result<const OpEntry*> bind_for_verdicts(std::string_view name);

}  // namespace weir::ops
