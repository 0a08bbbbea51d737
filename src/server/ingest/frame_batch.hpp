// From a frame's records to a batch: a copy, and the checks that text readers make unnecessary. A
// record that names a placeholder of the reader, which no client may send, is refused here.
//
//   FrameBatch taken = take_frame(frame, wall_us);
//   submit(std::move(taken.batch));     // then answer: taken.merge(reply.verdicts)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wire/batch.hpp"
#include "wire/frame.hpp"
#include "wire/verdict.hpp"

namespace weir::server {

struct FrameBatch {
  wire::EventBatch batch;               // the rows that are sound
  std::vector<std::uint16_t> refusals;  // of every record of the frame: 0 or the Refusal
  std::vector<wire::EventKey> ids;      // of every record

  // Puts the verdicts of the batch's rows and the refused records in the frame's order.
  std::vector<wire::Verdict> merge(std::span<const wire::Verdict> verdicts) const;
};

FrameBatch take_frame(const wire::Frame& frame, std::int64_t wall_us);

// Returns the verdict of a refused record: seq 0, ledger status refused, the code in core.top_rule.
wire::Verdict refused_verdict(const wire::EventKey& id, wire::Refusal refusal);

}  // namespace weir::server
