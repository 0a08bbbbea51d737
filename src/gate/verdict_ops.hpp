// The ops that verdicts are made with. Each must give the same bits on every machine.
#pragma once

#include <span>
#include <string_view>

#include "base/status.hpp"

namespace weir::gate {

// Registered names of the ops behind scores, rules and blocks.
std::span<const std::string_view> verdict_ops();

// Checks that each op may decide: failed_precondition (op_tolerant) names the one whose bits differ
// between machines, not_found (op_unknown) one that is not registered.
Status check_verdict_ops(std::span<const std::string_view> names);

}  // namespace weir::gate
