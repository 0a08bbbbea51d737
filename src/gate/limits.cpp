// What a running gate may hold and keep.
#include <algorithm>

#include "gate/gate.hpp"
#include "storage/snapshot_file.hpp"

namespace weir::gate {

void Gate::set_limits(std::uint64_t queue_bytes, std::uint64_t free_bytes_min) {
  queue_bytes_.store(queue_bytes, std::memory_order_relaxed);
  if (disk_ != nullptr) disk_->set_free_bytes_min(free_bytes_min);
}

// Recovery needs every block behind the older of the two snapshots, and repetitions of the last
// events are answered from the log.
Result<ledger::Height> Gate::retain(std::uint64_t bytes_max) {
  if (log_ == nullptr) return ledger::Height{1};
  if (bytes_max == 0 || log_->bytes_on_disk() <= bytes_max) return log_->first_height();
  WEIR_ASSIGN(const auto snapshots, storage::snapshot_heights(dir_->snapshot_dir()));
  if (snapshots.size() < 2) return log_->first_height();
  ledger::Height keep = snapshots.back() + 1;
  const std::uint64_t newest = counters_.committed_seq.load();
  const std::uint64_t repeatable = options_.admission.dedup_events;
  if (newest <= repeatable) return log_->first_height();
  keep = std::min(keep, log_->find_seq(newest - repeatable).value_or(1));
  return log_->retain(bytes_max, keep);
}

}  // namespace weir::gate
