// Admission checks of one record: everything that can be wrong with it in itself.
//
//   const std::uint16_t refusal = check_event(event, side_bytes, limits);
//   if (refusal != 0) reply(refusal_name(static_cast<Refusal>(refusal)));
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "wire/event.hpp"
#include "wire/verdict.hpp"

namespace weir::wire {

struct CheckLimits {
  // Time of admission; 0 (replay, files) switches the future check off.
  std::int64_t wall_us = 0;
  std::int64_t future_us = 600'000'000;  // 10 min
  std::uint32_t side_bytes_max = 4'096;  // per event, at most kSideBytesMax
  // Readers leave placeholders (tag kPending) and unpatched fields; frames must not.
  bool pending_allowed = false;
  std::uint32_t assets = 0;  // interned assets: currencies kAssetFirst .. kAssetFirst + assets - 1
};

// Returns 0 or a Refusal, the first that applies in the order of their numbers. `side_bytes` is the
// size of the batch's side area. A word with tag kPending where it is not allowed counts as no
// party at all: party_missing, whichever entity field holds it; so does a word with tag 0 that is
// not zero. Pure, thread-safe, no allocation.
std::uint16_t check_event(const Event& event, std::uint64_t side_bytes, const CheckLimits& limits);

// Checks a batch into `refusals` [events]; returns how many are refused.
std::size_t check_events(std::span<const Event> events, std::uint64_t side_bytes,
                         const CheckLimits& limits, std::span<std::uint16_t> refusals);

// Returns true if every TLV of an event's side payload lies inside it and its length is a multiple
// of 8.
bool side_is_sound(Bytes side);

}  // namespace weir::wire
