// EdgeTable: who has paid whom. A fixed table of 64-byte lines, four entries each, keyed by the
// unordered pair of slots, so that one line answers new, repeated and reciprocal.
//
//   const std::uint64_t hash = pair_hash(debtor_slot, creditor_slot);
//   edges.prefetch(hash);
//   EdgeCounts before = edges.touch(hash, debtor_slot <= creditor_slot, second);
//
// Counts decay over thirty days. A full line gives up its oldest entry, then the lowest: rare pairs
// of a busy table are forgotten first, and evictions() says how many. Not thread-safe.
#pragma once

#include <cstdint>

#include "base/paged.hpp"
#include "base/prefetch.hpp"
#include "profile/decay.hpp"

namespace weir::profile {

struct EdgeEntry {
  std::uint32_t fingerprint;  // 0: free
  std::uint32_t last_s;
  float up;    // events from the lower slot to the higher
  float down;  // events from the higher slot to the lower
};
struct alignas(64) EdgeLine {
  EdgeEntry entries[4];
};
static_assert(sizeof(EdgeLine) == 64);

// Decayed counts in the direction asked for and in the opposite one.
struct EdgeCounts {
  float forward = 0;
  float backward = 0;
};

class EdgeTable {
 public:
  // Rounds `entries` up to a power of two, at least 64.
  explicit EdgeTable(std::uint64_t entries);

  void prefetch(std::uint64_t hash) const { ::weir::prefetch(&lines_[hash & mask_]); }
  // Returns the counts as of `second`, changing nothing. `up`: from the lower slot to the higher.
  EdgeCounts read(std::uint64_t hash, bool up, std::uint32_t second) const;
  // Returns the counts before this event and adds it.
  EdgeCounts touch(std::uint64_t hash, bool up, std::uint32_t second);

  std::uint64_t evictions() const { return evictions_; }
  std::uint64_t entries() const { return lines_.size() * 4; }
  std::uint64_t bytes() const { return lines_.size() * sizeof(EdgeLine); }

  PagedArray<EdgeLine>& lines() { return lines_; }
  const PagedArray<EdgeLine>& lines() const { return lines_; }
  void set_evictions(std::uint64_t evictions) { evictions_ = evictions; }

 private:
  static std::uint32_t fingerprint_of(std::uint64_t hash) {
    const auto fingerprint = static_cast<std::uint32_t>(hash >> 32);
    return fingerprint == 0 ? 1 : fingerprint;
  }
  PagedArray<EdgeLine> lines_;
  std::uint64_t mask_;
  std::uint64_t evictions_ = 0;
};

// Returns the second of an event time, saturated in the year 2106.
inline std::uint32_t edge_second(std::int64_t time_us) {
  const std::uint64_t second = static_cast<std::uint64_t>(time_us) / 1'000'000;
  return second > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(second);
}

}  // namespace weir::profile
