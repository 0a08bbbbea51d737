#include "gate/replay_start.hpp"

#include <algorithm>

#include "gate/restore.hpp"
#include "storage/snapshot_file.hpp"

namespace weir::gate {

Status check_reach(const ledger::BlockLog& log, const Pass& pass) {
  if (pass.next_height() >= log.first_height()) return Status::ok();
  return data_loss("snapshot_missing", "the bodies before block " +
                                           std::to_string(log.first_height()) +
                                           " are gone, and no snapshot reaches there")
      .hint("restore the snapshots or the whole log from a backup");
}

Result<ledger::Height> start_replay(const ledger::BlockLog& log, const std::string& snapshot_dir,
                                    Pass& pass) {
  const ledger::Genesis& genesis = log.genesis();
  pass.start_chain(genesis.chain_id, genesis.hash(), 1);
  const ledger::Height first = log.first_height();
  if (first == 1) return first;
  WEIR_ASSIGN(std::vector<std::uint64_t> heights, storage::snapshot_heights(snapshot_dir));
  std::sort(heights.begin(), heights.end());
  for (const ledger::Height height : heights) {
    if (height + 1 < first || height > log.durable_height()) continue;
    const auto snapshot =
        storage::load_newest_snapshot(storage::system_files(), snapshot_dir, height);
    WEIR_TRY(snapshot);
    if (!*snapshot || (*snapshot)->height() != height) continue;
    WEIR_ASSIGN(const ledger::Height last, last_height(**snapshot));
    if (last > log.durable_height()) continue;
    WEIR_TRY(restore(**snapshot, log, pass));
    return pass.next_height();
  }
  return fail(check_reach(log, pass));
}

}  // namespace weir::gate
