#include "gate/restore.hpp"

#include "gate/log_replay.hpp"

namespace weir::gate {

Status section_missing(std::string_view name) {
  return data_loss("snapshot_section", "the snapshot has no section " + std::string(name));
}

Result<ledger::Height> last_height(const storage::Snapshot& snapshot) {
  const auto pass = snapshot.section("pass");
  if (!pass) return fail(section_missing("pass"));
  ByteReader in(*pass);
  in.raw(sizeof(Digest) + sizeof(std::uint64_t));  // head and chain
  const ledger::Height next = in.u64();
  if (!in.ok() || next == 0) return fail(section_missing("pass (cut off)"));
  return next - 1;
}

Result<std::optional<storage::Snapshot>> newest_within(const ledger::BlockLog& log,
                                                       const std::string& snapshot_dir,
                                                       ledger::Height height_max) {
  while (true) {
    WEIR_ASSIGN(auto snapshot,
                storage::load_newest_snapshot(storage::system_files(), snapshot_dir, height_max));
    if (!snapshot) return snapshot;
    WEIR_ASSIGN(const ledger::Height last, last_height(*snapshot));
    if (last <= log.durable_height()) return snapshot;
    if (snapshot->height() == 0) return std::optional<storage::Snapshot>();
    height_max = snapshot->height() - 1;
  }
}

Result<std::uint64_t> restore(const storage::Snapshot& snapshot, const ledger::BlockLog& log,
                              Pass& pass) {
  PieceHeights heights;
  WEIR_TRY(pass.load([&](std::string_view name) { return snapshot.section(name); }, heights));
  const PassAhead ahead = pass.ahead(heights);
  ledger::Block block;
  PassBatch batch;
  std::uint64_t events = 0;
  for (ledger::Height height = heights.first() + 1; height < pass.next_height(); ++height) {
    WEIR_TRY(log.read(height, block));
    const ledger::BlockView& view = block.view();
    load_batch(view, batch);
    WEIR_TRY(pass.catch_up(batch, view, ahead));
    events += batch.rows();
  }
  return events;
}

}  // namespace weir::gate
