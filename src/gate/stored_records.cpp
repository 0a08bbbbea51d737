#include "gate/stored_records.hpp"

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

}  // namespace weir::gate
