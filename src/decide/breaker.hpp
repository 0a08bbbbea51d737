// Breaker: keeps rules and scores from blocking more than a share of a stream.
//
//   Breaker breaker;
//   breaker.set_limit(rules.limit);
//   if (breaker.step(event.time_us, wants_block)) outcome = hold;      // instead of block
//
// Counts events and wished blocks in 24 tiles of event time, the event itself included. It opens
// when the share is exceeded and at least `decided_min` events were seen, and closes after one full
// window at or under the share. Wished blocks count whether converted or not; else an open breaker
// would close itself.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "decide/rules/rule_set.hpp"

namespace weir::decide {

class Breaker {
 public:
  // Keeps its counts if the limit is the same as before.
  void set_limit(const std::optional<BlockLimit>& limit);
  // Takes one event in seq order; returns true if its block must become the limit's `then` outcome.
  bool step(std::int64_t time_us, bool wants_block);

  bool limited() const { return limit_.has_value(); }
  const BlockLimit& limit() const { return *limit_; }
  bool open() const { return now_us_ >= 0 && now_us_ < open_until_us_; }

  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  void advance(std::int64_t tile);

  std::optional<BlockLimit> limit_;
  std::array<std::uint32_t, kTiles> decided_{};
  std::array<std::uint32_t, kTiles> wished_{};
  std::uint64_t decided_total_ = 0;
  std::uint64_t wished_total_ = 0;
  std::int64_t now_us_ = -1;
  std::int64_t tile_ = 0;
  std::int64_t open_until_us_ = 0;
};

}  // namespace weir::decide
