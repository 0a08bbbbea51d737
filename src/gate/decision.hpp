// One decided event with all that an explanation needs, from the batch it is in or the block that
// keeps it.
//
//   RuleHitCursor hits(batch.controls.bytes());
//   const Decision fresh = decision_of(batch, row, hits);      // rows ascending
//   const Decision stored = stored_decision(block.view(), row);
#pragma once

#include "gate/pass_batch.hpp"
#include "gate/submission.hpp"
#include "ledger/block.hpp"

namespace weir::gate {

// Returns one decided row of a batch with what an explanation needs. Rows are asked for in
// ascending order for one cursor over the batch's control records.
Decision decision_of(const PassBatch& batch, std::size_t row, RuleHitCursor& hits);
// Returns a row of a block with what an explanation needs; features only where the block kept them.
Decision stored_decision(const ledger::BlockView& view, std::uint32_t row);

}  // namespace weir::gate
