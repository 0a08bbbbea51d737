#include "profile/entity_index.hpp"

#include <algorithm>

namespace weir::profile {
namespace {

constexpr std::uint64_t kBucketsPerAdd = 16;

std::uint64_t buckets_for(std::uint64_t entries) {
  return std::max<std::uint64_t>(64, entries * 10 / 7 + 1);
}

}  // namespace

EntityIndex::EntityIndex(std::uint64_t entries)
    : table_(buckets_for(entries)), size_max_(table_.size() * 7 / 10) {}

void EntityIndex::add(IndexEntry* bucket, const IndexEntry& entry) {
  *bucket = entry;
  ++size_;
  if (old_.data() != nullptr) {
    move_some(kBucketsPerAdd);
  } else if (size_ >= size_max_) {
    begin_growth();
  }
}

void EntityIndex::begin_growth() {
  old_ = PagedArray<IndexEntry>(table_.size() * 2);
  std::swap(old_, table_);
  size_max_ = table_.size() * 7 / 10;
  start_ = 0;
  while (old_[start_].id != 0) ++start_;  // at load 0.7 an empty bucket is near
  moved_ = 1;  // start_ counts as done: whatever fills it from now on belongs to the last round
}

// Moves clusters as a whole: what is done ends at an empty bucket, so every id whose home lies
// behind it is in the new table and no other is. Moved buckets are emptied, because an id whose
// home is near the end of the round may still be put past start_; the last round goes on until it
// has met an empty bucket there.
void EntityIndex::move_some(std::uint64_t buckets) {
  const std::uint64_t target = moved_ + buckets;
  std::uint64_t at = (start_ + moved_) % old_.size();
  while (true) {
    IndexEntry& entry = old_[at];
    const bool empty = entry.id == 0;
    if (empty && moved_ >= old_.size()) {
      old_ = PagedArray<IndexEntry>();
      return;
    }
    ++moved_;
    if (empty && moved_ >= target && moved_ < old_.size()) return;
    at = at + 1 == old_.size() ? 0 : at + 1;
    if (empty) continue;
    const IndexEntry moving = entry;
    entry = {};
    std::uint64_t to = home(hash(moving.id), table_);
    while (table_[to].id != 0) to = to + 1 == table_.size() ? 0 : to + 1;
    table_[to] = moving;
  }
}

}  // namespace weir::profile
