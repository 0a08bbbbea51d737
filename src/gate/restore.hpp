// Restoring a pass from a snapshot whose pieces may be of different moments.
//
//   WEIR_ASSIGN(const auto snapshot, restore(log, dir + "/snap", pass, log.durable_height()));
//   if (snapshot) ...   // pass.next_height() is the block after the snapshot's last
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gate/pass.hpp"
#include "ledger/block_log.hpp"
#include "storage/snapshot_file.hpp"

namespace weir::gate {

// Returns data_loss (snapshot_section).
Status section_missing(std::string_view name);

// Brings a fresh pass to the state of a snapshot: reads it, and plays the blocks that came while it
// was being copied again for what they did not find in it. Returns the number of events played.
// data_loss if the snapshot or a block is damaged, or the log ends before the snapshot does: the
// pass is then of no use.
Result<std::uint64_t> restore(const storage::Snapshot& snapshot, const ledger::BlockLog& log,
                              Pass& pass);

// Returns the height of a snapshot's last block; data_loss (snapshot_section).
Result<ledger::Height> last_height(const storage::Snapshot& snapshot);

// Returns the newest snapshot that lies within the log, up to `height_max`; nothing if none does.
Result<std::optional<storage::Snapshot>> newest_within(const ledger::BlockLog& log,
                                                       const std::string& snapshot_dir,
                                                       ledger::Height height_max);

}  // namespace weir::gate
