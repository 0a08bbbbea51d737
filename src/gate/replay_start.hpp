// Where a replay of a log can begin: before its first block, or, where retention has dropped the
// bodies of the first ones, at the oldest snapshot.
//
//   Pass pass(options);
//   WEIR_ASSIGN(const ledger::Height first, start_replay(log, dir + "/snap", pass));
//   LogReplay replay(log, pass, nullptr, nullptr);     // replay.run(first, ...)
#pragma once

#include <string>

#include "gate/pass.hpp"
#include "ledger/block_log.hpp"

namespace weir::gate {

// Brings a fresh pass to the state before the first block that can be replayed and returns its
// height. A snapshot is taken as it is: that the blocks behind it follow says that it is right.
// data_loss (snapshot_missing) if bodies are gone and no snapshot reaches to those that are kept.
Result<ledger::Height> start_replay(const ledger::BlockLog& log, const std::string& snapshot_dir,
                                    Pass& pass);

// Returns ok if the log holds the bodies from the pass's next block on; data_loss
// (snapshot_missing).
Status check_reach(const ledger::BlockLog& log, const Pass& pass);

}  // namespace weir::gate
