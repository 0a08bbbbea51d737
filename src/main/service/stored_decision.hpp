// What the log alone says about decisions made earlier: whole decisions and the control records
// they rest on.
//
//   gate::Decision decision = stored_decision(block.view(), 3);
//   WEIR_ASSIGN(const auto payload, find_control(log, ledger::ControlType::kRules, 4));
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "gate/submission.hpp"
#include "ledger/block_log.hpp"
#include "ledger/control.hpp"

namespace weir::main {

// Returns a row of a committed block as the gate decided it; without features if the block kept
// none for it.
gate::Decision stored_decision(const ledger::BlockView& view, std::uint32_t row);

// Returns the payload of the record that brought `version` of rules, models, lists or configuration
// into force. not_found (version_unknown). Reads about log2(blocks) blocks.
Result<std::vector<std::uint8_t>> find_control(const ledger::BlockLog& log,
                                               ledger::ControlType type, std::uint32_t version);

}  // namespace weir::main
