// Snapshots of the gate: written beside the pass while it goes on, or whole when it is closed; read
// at start.
#include "base/log.hpp"
#include "gate/gate.hpp"
#include "gate/restore.hpp"
#include "storage/snapshot_file.hpp"

namespace weir::gate {

bool Gate::snapshot_due() const {
  if (log_ == nullptr || options_.snapshot_events == 0 || staged_->busy()) return false;
  if (next_height_ - 1 == snapshot_height_) return false;
  if (admission_->next_seq() - snapshot_seq_ >= options_.snapshot_events) return true;
  return clock_.wall_us() - snapshot_wall_us_ >= options_.snapshot_us;
}

void Gate::tend_snapshot() {
  if (staged_ == nullptr) return;
  if (const auto written = staged_->end()) note_snapshot(*written);
  if (!snapshot_due()) return;
  snapshot_wall_us_ = clock_.wall_us();
  snapshot_seq_ = admission_->next_seq();
  staged_->begin();
}

// At rest. The snapshot ends within the log, whatever happens next.
void Gate::finish_snapshot() {
  if (const auto failure = staged_->failure()) {
    return note_snapshot(tl::unexpected<Status>(*failure));
  }
  log_->drain();
  staged_->finish([this](std::string_view name, const PieceHeights& heights, StatePiece& piece) {
    if (name == "admission") {
      admission_->save(piece.out);
    } else if (name == "labels") {
      labels_.save(piece.out);
    } else {
      pass_->copy_section(name, heights, piece);
    }
  });
}

void Gate::write_last_snapshot() {
  snapshot_wall_us_ = clock_.wall_us();
  storage::SnapshotWriter writer;
  pass_->save(writer);
  writer.add("admission", [this](ByteWriter& out) { admission_->save(out); });
  writer.add("labels", [this](ByteWriter& out) { labels_.save(out); });
  const ledger::Height height = pass_->next_height() - 1;
  const Status written =
      storage::write_snapshot(storage::system_files(), dir_->snapshot_dir(), height, writer);
  note_snapshot(written.is_ok() ? Result<ledger::Height>(height)
                                : Result<ledger::Height>(tl::unexpected<Status>(written)));
}

void Gate::note_snapshot(const Result<ledger::Height>& written) {
  if (!written) {
    log_warning("gate", "snapshot_failed", "a snapshot could not be written; the log has it all",
                {{"reason", written.error().to_string()}});
    return;
  }
  snapshot_height_ = *written;
  counters_.snapshot_height = snapshot_height_;
  counters_.snapshot_us = clock_.wall_us() - snapshot_wall_us_;
  counters_.snapshots.fetch_add(1, std::memory_order_relaxed);
}

Status Gate::load_snapshot() {
  WEIR_ASSIGN(const auto snapshot,
              newest_within(*log_, dir_->snapshot_dir(), log_->durable_height()));
  if (!snapshot) return Status::ok();
  for (const std::string_view name : {"admission", "labels"}) {
    if (!snapshot->section(name)) return section_missing(name);
  }
  WEIR_ASSIGN(recovery_.replayed_events, restore(*snapshot, *log_, *pass_));
  ByteReader in(*snapshot->section("admission"));
  WEIR_TRY(admission_->restore(in));
  ByteReader labels_in(*snapshot->section("labels"));
  WEIR_TRY(labels_.load(labels_in));
  recovery_.snapshot_height = snapshot->height();
  return Status::ok();
}

}  // namespace weir::gate
