// The state of a pass in a snapshot, and how pieces of different moments become the state of one.
// Profiles are copied first, then accounts, then windows, then at rest all else; the blocks between
// the first piece and that rest come again, each for the pieces that do not hold it yet. Windows
// may count by features and balances; these are right by then, because their pieces are older.
#include <algorithm>

#include "decide/rules/rule_set.hpp"
#include "decide/window_bank.hpp"
#include "gate/control.hpp"
#include "gate/pass.hpp"
#include "gate/restore.hpp"

namespace weir::gate {

void Pass::note_first_piece(PieceHeights& heights) const {
  heights.watermark_us = watermark_us_;
  heights.next_flag_expiry_us = next_flag_expiry_us_;
}

void Pass::copy_section(std::string_view name, const PieceHeights& heights,
                        StatePiece& piece) const {
  piece.clear();
  ByteWriter& out = piece.out;
  if (name == "pass") {
    out.put(head_);
    out.u64(chain_id_);
    out.u64(next_height_);
    out.put(versions_);
    out.u64(profiles_.counts().edge_evictions);
    heights.save(out);
  } else if (name == "dictionary") {
    dictionary_.write(0, out);
  } else if (name == "config") {
    out.text(config_text_);
  } else if (name == "rules") {
    out.text(decider_.rules() == nullptr ? std::string_view() : decider_.rules()->text);
  } else if (name == "decider") {
    decider_.save(out);
  } else if (name == "lists") {
    lists_.save(out);
  } else if (name == "models") {
    if (models_ != nullptr) out.raw(models_->serialize());
  } else {
    CHECK(name == "learner");
    learner_.save(out);
  }
}

void Pass::save(storage::SnapshotWriter& writer) const {
  writer.add("profiles", [this](ByteWriter& out) { profiles_.save(out); });
  writer.add("accounts", [this](ByteWriter& out) { executor_.save(out); });
  writer.add("windows", [this](ByteWriter& out) {
    save_pieces(decide::WindowPieces(decider_.windows()), out);
  });
  for (const std::string_view name : kRestSections) {
    writer.add(name, [this, name](ByteWriter& out) {
      PieceHeights heights = PieceHeights::at_rest(next_height_ - 1);
      note_first_piece(heights);
      StatePiece piece;
      copy_section(name, heights, piece);
      out.raw(piece.out.bytes());
    });
  }
}

Status Pass::load(const std::function<std::optional<Bytes>(std::string_view)>& section,
                  PieceHeights& heights) {
  for (const std::string_view name : {"profiles", "accounts", "windows"}) {
    if (!section(name)) return section_missing(name);
  }
  for (const std::string_view name : kRestSections) {
    if (!section(name)) return section_missing(name);
  }
  ByteReader pass(*section("pass"));
  head_ = pass.get<Digest>();
  chain_id_ = pass.u64();
  next_height_ = pass.u64();
  versions_ = pass.get<Versions>();
  const std::uint64_t evictions = pass.u64();
  if (!heights.load(pass) || !pass.ok() || heights.first() >= next_height_) {
    return section_missing("pass (cut off)");
  }
  watermark_us_ = heights.watermark_us;
  next_flag_expiry_us_ = heights.next_flag_expiry_us;
  ByteReader dictionary(*section("dictionary"));
  WEIR_TRY(dictionary_.read(dictionary));
  if (const Bytes models = *section("models"); !models.empty()) {
    WEIR_ASSIGN(models_, detect::ModelSet::deserialize(models));
  }
  ByteReader config(*section("config"));
  if (const std::string text(config.text()); !text.empty()) WEIR_TRY(use_config(text));
  ByteReader rules_in(*section("rules"));
  if (versions_.rules != 0) {
    WEIR_ASSIGN(auto rules, decide::compile_rules(rules_in.text(), compile_context()));
    WEIR_TRY(decider_.set_rules(versions_.rules, std::move(rules)));
  }
  ByteReader lists(*section("lists"));
  WEIR_TRY(lists_.load(lists));
  if (versions_.lists != 0) {
    decider_.set_lists(versions_.lists, std::make_shared<const decide::Lists>(lists_));
  }
  ByteReader decider(*section("decider"));
  WEIR_TRY(decider_.load(decider));
  ByteReader windows(*section("windows"));
  WEIR_TRY(decider_.load_windows(windows));
  ByteReader learner(*section("learner"));
  WEIR_TRY(learner_.load(learner));
  ByteReader accounts(*section("accounts"));
  WEIR_TRY(executor_.restore(accounts));
  ByteReader profiles(*section("profiles"));
  WEIR_TRY(profiles_.load(profiles));
  profiles_.set_edge_evictions(evictions);
  return Status::ok();
}

PassAhead Pass::ahead(const PieceHeights& heights) const {
  return {profile::PiecesAhead(profiles_.piece_layout(), heights.profiles), heights.accounts,
          decide::WindowsAhead(decider_.windows().layout(), heights.windows)};
}

// As touch(): the index has no piece ahead of the block, everything else may have.
Status Pass::touch_behind(PassBatch& batch, const PassAhead& ahead) {
  begin_touch(batch, &ahead);
  const std::uint64_t evictions = profiles_.counts().edge_evictions;
  const Status status = profiles_.gather_behind(batch.index.columns(batch.events), batch.gathered,
                                                batch.touched, ahead.profiles, batch.height);
  profiles_.set_edge_evictions(evictions);  // they have been counted
  batch.models = models_;
  return status;
}

Status Pass::catch_up(PassBatch& batch, const ledger::BlockView& logged, const PassAhead& ahead) {
  ledger::ControlReader controls(batch.controls.bytes());
  while (const auto record = controls.next()) {
    if (record->type == ledger::ControlType::kQuarantine) {
      WEIR_TRY(apply(*record));
    } else if (changes_pieces(record->type)) {
      return data_loss("snapshot_behind", "block " + std::to_string(batch.height) +
                                              " changes what a snapshot was being taken of");
    }
  }
  WEIR_TRY(touch_behind(batch, ahead));
  if (batch.height <= ahead.accounts) return Status::ok();
  batch.verdicts.assign(logged.verdicts().begin(), logged.verdicts().end());
  if (!ahead.windows.all(batch.height)) {
    score_to_follow(batch);
    read_balances(batch);
    const profile::EventColumns columns = batch.index.columns(batch.events);
    WEIR_TRY(decider_.feed_behind(input_to_follow(batch, columns), {ahead.windows, batch.height}));
  }
  for (wire::VerdictCore& verdict : batch.verdicts) verdict.ledger_status = 0;
  execute(batch);
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    if (batch.verdicts[row].ledger_status == logged.verdicts()[row].ledger_status) continue;
    return data_loss("snapshot_behind", "event " + std::to_string(batch.first_seq + row) +
                                            " executes in another way than the log says");
  }
  return Status::ok();
}

}  // namespace weir::gate
