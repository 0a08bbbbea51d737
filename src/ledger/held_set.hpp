// HeldSet: the events whose money waits: under review, reserved, or queued behind one under review.
//
//   held.add(entry);   Held* entry = held.find(id);   held.remove(id);
//
// A slab of entries with an open-addressed index by event id. Ids are unique. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "wire/event.hpp"

namespace weir::ledger {

enum HeldFlags : std::uint8_t {
  kReview = 1,     // outcome hold: waits for a resolution
  kReserved = 2,   // flag reserve: waits for capture or void
  kQueued = 4,     // waits behind an earlier event of the debtor
  kIsCapture = 8,  // a capture that waits; `ref` is what it captures
  kIsVoid = 16,    // a void that waits
};

struct Held {
  wire::EventKey id;
  wire::EventKey ref;
  std::uint64_t seq;
  std::int64_t time_us;
  std::uint64_t debtor;
  std::uint64_t creditor;
  std::int64_t amount;
  std::uint32_t fee;
  std::uint16_t currency;
  std::uint8_t exponent;
  std::uint8_t flags;  // HeldFlags
};
static_assert(sizeof(Held) == 80);

class HeldSet {
 public:
  HeldSet();
  // Returns the entry, or null. Good until the next add() or remove().
  Held* find(const wire::EventKey& id);
  const Held* find(const wire::EventKey& id) const;
  // Adds an entry; false, and nothing changes, if the id is present.
  bool add(const Held& entry);
  // Removes an entry; false if absent.
  bool remove(const wire::EventKey& id);
  std::size_t size() const { return entries_.size(); }
  // Returns the entries in order of seq.
  std::vector<Held> sorted() const;

  void save(ByteWriter& out) const;
  Status restore(ByteReader& in);

 private:
  static constexpr std::uint32_t kEmpty = 0xFFFFFFFFU;
  std::size_t home(const wire::EventKey& id) const;
  std::size_t slot_of(const wire::EventKey& id) const;  // of the entry, or of the empty slot
  void rebuild(std::size_t slots);
  std::vector<Held> entries_;
  std::vector<std::uint32_t> index_;
};

}  // namespace weir::ledger
