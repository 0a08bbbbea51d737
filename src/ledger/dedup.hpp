// DedupTable: which of the last N accepted events had this id? By 64-bit fingerprint, so that a
// candidate must be compared with the record; no event within the horizon is ever missed.
//
//   DedupTable table(4'194'304);
//   table.admit(events, next_seq, [&](std::size_t row, std::uint64_t seq) {
//     return same_id(row, seq) ? Match::kDuplicate : Match::kOther;    // reads the record of seq
//   }, admitted);
//
// A head per bucket points to its newest event; a ring of {fingerprint, previous event of the
// bucket} by seq holds the rest: 20 bytes an event at the default. Links only lead to older events,
// so a chain ends where the horizon does, and nothing is ever deleted. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/aligned.hpp"
#include "base/bytes.hpp"
#include "base/prefetch.hpp"
#include "base/status.hpp"
#include "wire/event.hpp"

namespace weir::ledger {

// Returns the 64-bit fingerprint of an event id.
inline std::uint64_t id_fingerprint(const wire::EventKey& id) {
  const auto low = load<std::uint64_t>(id.data());
  const auto high = load<std::uint64_t>(id.data() + 8);
  std::uint64_t h = (low ^ 0x9E3779B97F4A7C15U) * 0xD6E8FEB86659FD93U;
  h = (h ^ (h >> 32) ^ high) * 0xA0761D6478BD642FU;
  return h ^ (h >> 29);
}

// What the record behind a candidate turned out to be.
enum class Match : std::uint8_t {
  kOther,      // another id: go on
  kDuplicate,  // the same event
  kConflict,   // the same id with different content
};

// What admit() decided for a row. seq: the new number, or that of the earlier event.
struct Admission {
  std::uint64_t seq;
  Match match;  // kOther: new
};

class DedupTable {
 public:
  explicit DedupTable(std::size_t events_max = std::size_t{1} << 22);

  void prefetch(std::uint64_t fingerprint) const {
    weir::prefetch(&heads_[fingerprint & head_mask_]);
  }

  // Calls `visit(seq)` for each event of the horizon with this fingerprint, newest first, until it
  // returns false.
  template <class Visit>
  void find(std::uint64_t fingerprint, Visit visit) const {
    std::uint32_t link = heads_[fingerprint & head_mask_];
    std::uint64_t newer = next_seq_;
    while (true) {
      const std::uint64_t seq = resolve(link, newer);
      if (seq == 0) return;
      const Entry& entry = ring_[seq & ring_mask_];
      if (entry.fingerprint() == fingerprint && !visit(seq)) return;
      link = entry.previous;
      newer = seq;
    }
  }

  // Adds the event `seq`, which must be next_seq(). The event N before it leaves the horizon.
  void insert(std::uint64_t fingerprint, std::uint64_t seq);

  // Decides every row in order, assigns next_seq() onwards to the new ones and inserts them, so
  // that a repetition within the batch is found too. `compare(row, seq)` looks at the record of
  // `seq`, which may be of this batch. Shapes: one admission per event. Returns the number of new
  // events.
  template <class Compare>
  std::size_t admit(std::span<const wire::Event> events, Compare compare, std::span<Admission> out);

  // Returns the number the next inserted event must have; set it before the first insert into an
  // empty table.
  std::uint64_t next_seq() const { return next_seq_; }
  void start_at(std::uint64_t next_seq);
  std::size_t events_max() const { return events_max_; }
  std::size_t bytes() const;

  // Writes the fingerprints of the horizon, oldest first.
  void save(ByteWriter& out) const;
  Status restore(ByteReader& in);

 private:
  struct Entry {                          // 12 bytes
    std::array<std::uint32_t, 2> halves;  // of the fingerprint
    std::uint32_t previous;               // low half of the seq of the bucket's previous event

    std::uint64_t fingerprint() const { return halves[0] | std::uint64_t{halves[1]} << 32; }
  };
  static constexpr std::size_t kAhead = 24;

  // Returns the largest seq below `newer` whose low half is `link`, or 0 if that lies beyond the
  // horizon.
  std::uint64_t resolve(std::uint32_t link, std::uint64_t newer) const {
    const std::uint64_t back = static_cast<std::uint32_t>(static_cast<std::uint32_t>(newer) - link);
    if (back == 0 || back >= newer) return 0;
    const std::uint64_t seq = newer - back;
    return next_seq_ - seq <= events_max_ && seq >= first_seq_ ? seq : 0;
  }

  std::size_t events_max_;
  std::uint64_t ring_mask_;
  std::uint64_t head_mask_;
  std::uint64_t next_seq_ = 1;
  std::uint64_t first_seq_ = 1;  // nothing older was inserted
  AlignedBuffer<Entry> ring_;
  AlignedBuffer<std::uint32_t> heads_;
};

template <class Compare>
std::size_t DedupTable::admit(std::span<const wire::Event> events, Compare compare,
                              std::span<Admission> out) {
  std::uint64_t ahead[2 * kAhead];
  const std::size_t rows = events.size();
  for (std::size_t i = 0; i < rows && i < 2 * kAhead; ++i) {
    ahead[i] = id_fingerprint(events[i].id);
    prefetch(ahead[i]);
  }
  const std::uint64_t first = next_seq_;
  for (std::size_t i = 0; i < rows; ++i) {
    // Two stages: the bucket's head is fetched 2 * kAhead rows before its use, the event it names
    // kAhead before.
    if (i + kAhead < rows) {
      const std::uint32_t link = heads_[ahead[(i + kAhead) % (2 * kAhead)] & head_mask_];
      weir::prefetch(&ring_[link & ring_mask_]);
    }
    const std::uint64_t fingerprint = ahead[i % (2 * kAhead)];
    if (i + 2 * kAhead < rows) {
      const std::uint64_t later = id_fingerprint(events[i + 2 * kAhead].id);
      ahead[i % (2 * kAhead)] = later;
      prefetch(later);
    }
    out[i] = {next_seq_, Match::kOther};
    find(fingerprint, [&](std::uint64_t seq) {
      const Match match = compare(i, seq);
      if (match == Match::kOther) return true;
      out[i] = {seq, match};
      return false;
    });
    if (out[i].match == Match::kOther) insert(fingerprint, next_seq_);
  }
  return next_seq_ - first;
}

}  // namespace weir::ledger
