#include "gate/stored_records.hpp"

#include <algorithm>

#include "gate/control.hpp"

namespace weir::gate {

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
