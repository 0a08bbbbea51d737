#include "ledger/held_set.hpp"

#include <algorithm>

#include "ledger/dedup.hpp"

namespace weir::ledger {

HeldSet::HeldSet() : index_(64, kEmpty) {}

std::size_t HeldSet::home(const wire::EventKey& id) const {
  return id_fingerprint(id) & (index_.size() - 1);
}

std::size_t HeldSet::slot_of(const wire::EventKey& id) const {
  const std::size_t mask = index_.size() - 1;
  std::size_t at = home(id);
  while (index_[at] != kEmpty && entries_[index_[at]].id != id) at = (at + 1) & mask;
  return at;
}

const Held* HeldSet::find(const wire::EventKey& id) const {
  const std::uint32_t entry = index_[slot_of(id)];
  return entry == kEmpty ? nullptr : &entries_[entry];
}

Held* HeldSet::find(const wire::EventKey& id) {
  return const_cast<Held*>(static_cast<const HeldSet*>(this)->find(id));
}

bool HeldSet::add(const Held& entry) {
  if (find(entry.id) != nullptr) return false;
  if ((entries_.size() + 1) * 10 > index_.size() * 7) rebuild(index_.size() * 2);
  index_[slot_of(entry.id)] = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back(entry);
  return true;
}

// Deletes by shifting back, so that no tombstones gather, and fills the slab's gap with its last
// entry.
bool HeldSet::remove(const wire::EventKey& id) {
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = slot_of(id);
  const std::uint32_t gone = index_[hole];
  if (gone == kEmpty) return false;
  for (std::size_t at = (hole + 1) & mask; index_[at] != kEmpty; at = (at + 1) & mask) {
    const std::size_t wanted = home(entries_[index_[at]].id);
    if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
    index_[hole] = index_[at];
    hole = at;
  }
  index_[hole] = kEmpty;
  const auto last = static_cast<std::uint32_t>(entries_.size() - 1);
  if (gone != last) {
    index_[slot_of(entries_[last].id)] = gone;
    entries_[gone] = entries_[last];
  }
  entries_.pop_back();
  return true;
}

void HeldSet::rebuild(std::size_t slots) {
  index_.assign(slots, kEmpty);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    index_[slot_of(entries_[i].id)] = static_cast<std::uint32_t>(i);
  }
}

std::vector<Held> HeldSet::sorted() const {
  std::vector<Held> all = entries_;
  std::sort(all.begin(), all.end(), [](const Held& a, const Held& b) { return a.seq < b.seq; });
  return all;
}

void HeldSet::save(ByteWriter& out) const {
  const std::vector<Held> all = sorted();
  out.array(std::span<const Held>(all));
}

Status HeldSet::restore(ByteReader& in) {
  *this = HeldSet();
  std::vector<Held> all;
  if (!in.array(all)) return data_loss("snapshot_damaged", "held events: cut short");
  for (const Held& entry : all) {
    if (add(entry)) continue;
    *this = HeldSet();
    return data_loss("snapshot_damaged", "held events: an id appears twice");
  }
  return Status::ok();
}

}  // namespace weir::ledger
