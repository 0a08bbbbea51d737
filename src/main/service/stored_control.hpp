// What the log alone says about the versions that decisions rest on.
//
//   WEIR_ASSIGN(const auto payload, find_control(log, ledger::ControlType::kRules, 4));
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "ledger/block_log.hpp"
#include "ledger/control.hpp"

namespace weir::main {

// Returns the payload of the record that brought `version` of rules, models, lists or configuration
// into force. not_found (version_unknown). Reads about log2(blocks) blocks.
Result<std::vector<std::uint8_t>> find_control(const ledger::BlockLog& log,
                                               ledger::ControlType type, std::uint32_t version);

}  // namespace weir::main
