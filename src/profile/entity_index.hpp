// EntityIndex: EntityId -> slot and flags. Open addressing, 16 bytes an entry, load at most 0.7.
//
//   const std::uint64_t hash = EntityIndex::hash(id);
//   index.prefetch(hash);                      // 16 to 32 look-ups ahead
//   IndexEntry* entry = index.probe(id, hash); // entry->id == 0: absent, and this is its place
//   if (entry->id == 0) index.add(entry, {id, slot, 0, 0});
//
// Growth is spread out: a table of twice the size is mapped, and every add() moves at least 16
// buckets of the old one, whole clusters at a time. A home bucket tells which table an id lives in,
// so a look-up reads one table only, before, during and after. Homes are hash * buckets / 2^64: no
// power of two needed. Not thread-safe.
#pragma once

#include <cstdint>

#include "base/paged.hpp"
#include "base/prefetch.hpp"

namespace weir::profile {

struct IndexEntry {
  std::uint64_t id;  // EntityId word; 0: empty
  std::uint32_t slot;
  std::uint16_t flags;
  std::uint16_t shard;
};
static_assert(sizeof(IndexEntry) == 16);

class EntityIndex {
 public:
  // Sizes the first table for `entries` at load 0.7.
  explicit EntityIndex(std::uint64_t entries);

  static std::uint64_t hash(std::uint64_t id) {
    std::uint64_t h = id * 0x9E3779B97F4A7C15ULL;
    h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93ULL;
    return h ^ (h >> 32);
  }
  void prefetch(std::uint64_t hash) const {
    const IndexEntry* const at = &table_[home(hash, table_)];
    ::weir::prefetch(at);
    ::weir::prefetch(at + 2);
    if (old_.data() != nullptr) ::weir::prefetch(&old_[home(hash, old_)]);
  }
  // Returns the entry of `id`, or the empty bucket where add() may put it. Valid until the next
  // add().
  IndexEntry* probe(std::uint64_t id, std::uint64_t hash) {
    PagedArray<IndexEntry>& table = table_of(hash);
    const std::uint64_t size = table.size();
    std::uint64_t at = home(hash, table);
    while (table[at].id != id && table[at].id != 0) at = at + 1 == size ? 0 : at + 1;
    return &table[at];
  }
  const IndexEntry* probe(std::uint64_t id, std::uint64_t hash) const {
    return const_cast<EntityIndex*>(this)->probe(id, hash);
  }
  // Fills the empty bucket that probe() returned; may start or advance growth.
  void add(IndexEntry* bucket, const IndexEntry& entry);

  std::uint64_t size() const { return size_; }
  std::uint64_t bytes() const { return (table_.size() + old_.size()) * sizeof(IndexEntry); }
  bool growing() const { return old_.data() != nullptr; }

  // Calls f(entry) for every entry, in no particular order.
  template <class F>
  void each(F&& f) const {
    for (const auto* table : {&table_, &old_}) {
      for (std::uint64_t i = 0; i < table->size(); ++i) {
        if ((*table)[i].id != 0) f((*table)[i]);
      }
    }
  }

 private:
  static std::uint64_t home(std::uint64_t hash, const PagedArray<IndexEntry>& table) {
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(hash) * table.size() >> 64);
  }
  PagedArray<IndexEntry>& table_of(std::uint64_t hash) {
    if (old_.data() == nullptr) return table_;
    const std::uint64_t at = home(hash, old_);
    const std::uint64_t distance = at >= start_ ? at - start_ : at + old_.size() - start_;
    return distance < moved_ ? table_ : old_;
  }
  void begin_growth();
  void move_some(std::uint64_t buckets);

  PagedArray<IndexEntry> table_;
  PagedArray<IndexEntry> old_;  // the smaller table while growing
  std::uint64_t start_ = 0;     // the empty bucket of old_ where moving began
  std::uint64_t moved_ = 0;     // buckets behind start_ that are done
  std::uint64_t size_ = 0;
  std::uint64_t size_max_ = 0;
};

}  // namespace weir::profile
