#include "gate/stored_records.hpp"

#include <algorithm>

#include "gate/control.hpp"

namespace weir::gate {
namespace {

// Fills the features of a row; false if the block did not keep them.
bool read_features(const ledger::FeatureRowsView& kept, std::uint32_t row, Decision& out) {
  if (!kept.ok() || kept.columns() != profile::kFeatures) return false;
  std::size_t index = row;
  if (kept.mode() == ledger::FeatureRowsMode::kSampled) {
    index = 0;
    while (index < kept.rows() && kept.block_row(index) < row) ++index;
  }
  if (index >= kept.rows() || kept.block_row(index) != row) return false;
  for (unsigned f = 0; f < profile::kFeatures; ++f) out.features[f] = kept.column(f)[index];
  return true;
}

}  // namespace

Decision stored_decision(const ledger::BlockView& view, std::uint32_t row) {
  const ledger::BlockHeader& header = view.header();
  Decision decision;
  decision.event = view.events()[row];
  const Bytes side = view.event_side(row);
  decision.side.assign(side.begin(), side.end());
  decision.seq = header.first_seq + row;
  decision.height = header.height;
  decision.core = view.verdicts()[row];
  decision.has_features = read_features(view.features(), row, decision);
  decision.rule_hits = rule_hits_of(view.control(), row);
  decision.versions = {header.rules_version, header.models_version, header.config_version,
                       header.lists_version};
  decision.committed = true;
  return decision;
}

bool StoredRecords::locate(std::uint64_t seq, std::size_t& row) {
  const auto height = log_.find_seq(seq);
  if (!height) return false;
  if (*height != height_) {
    height_ = 0;
    if (!log_.read(*height, block_).is_ok()) return false;
    height_ = *height;
  }
  const std::uint64_t first = block_.view().header().first_seq;
  if (seq < first || seq - first >= block_.view().events().size()) return false;
  row = seq - first;
  return true;
}

bool StoredRecords::find(std::uint64_t seq, wire::Event& event) {
  std::size_t row = 0;
  if (!locate(seq, row)) return false;
  event = block_.view().events()[row];
  return true;
}

bool StoredRecords::find(std::uint64_t seq, wire::Verdict& verdict) {
  std::size_t row = 0;
  if (!locate(seq, row)) return false;
  const ledger::BlockView& view = block_.view();
  verdict = {view.events()[row].id, seq, height_, view.verdicts()[row]};
  return true;
}

bool StoredRecords::find(std::uint64_t seq, Decision& decision) {
  std::size_t row = 0;
  if (!locate(seq, row)) return false;
  decision = stored_decision(block_.view(), static_cast<std::uint32_t>(row));
  return true;
}

bool StoredRecords::find_hits(std::uint64_t seq, ledger::Height last, LabelHits& hits) {
  std::size_t row = 0;
  const auto height = log_.find_seq(seq);
  if (!height || *height > last || !locate(seq, row)) return false;
  if (hits_height_ != height_) {
    hits_ = RuleHitCursor(block_.view().control()).rest();
    hits_height_ = height_;
  }
  hits.rules_version = block_.view().header().rules_version;
  const auto before = [](const RuleHitControl& hit, std::size_t at) { return hit.hit.row < at; };
  for (auto at = std::lower_bound(hits_.begin(), hits_.end(), row, before);
       at != hits_.end() && at->hit.row == row; ++at) {
    const bool shadow = (at->hit.flags & decide::kShadowHit) != 0;
    hits.rules.push_back(static_cast<std::uint16_t>(at->hit.rule | (shadow ? kLabelShadow : 0)));
  }
  return true;
}

}  // namespace weir::gate
