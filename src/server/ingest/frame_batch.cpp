#include "server/ingest/frame_batch.hpp"

#include "base/check.hpp"
#include "wire/check.hpp"

namespace weir::server {

wire::Verdict refused_verdict(const wire::EventKey& id, wire::Refusal refusal) {
  wire::Verdict verdict{};
  verdict.id = id;
  verdict.core.ledger_status = static_cast<std::uint8_t>(wire::LedgerStatus::kRefused);
  verdict.core.top_rule = static_cast<std::uint32_t>(refusal);
  return verdict;
}

FrameBatch take_frame(const wire::Frame& frame, std::int64_t wall_us) {
  FrameBatch taken;
  const std::span<const wire::Event> events = frame.events();
  const Bytes side = frame.side();
  taken.refusals.resize(events.size());
  wire::CheckLimits limits;
  limits.wall_us = wall_us;
  // Interned assets are the pass's to know: it checks the bound, here any number passes.
  limits.assets = UINT16_MAX - wire::kAssetFirst + 1;
  const std::size_t refused = wire::check_events(events, side.size(), limits, taken.refusals);
  taken.ids.reserve(events.size());
  for (const wire::Event& event : events) taken.ids.push_back(event.id);
  taken.batch.side.assign(side.begin(), side.end());
  if (refused == 0) {
    taken.batch.events.assign(events.begin(), events.end());
    return taken;
  }
  taken.batch.events.reserve(events.size() - refused);
  for (std::size_t row = 0; row < events.size(); ++row)
    if (taken.refusals[row] == 0) taken.batch.events.push_back(events[row]);
  return taken;
}

std::vector<wire::Verdict> FrameBatch::merge(std::span<const wire::Verdict> verdicts) const {
  std::vector<wire::Verdict> merged;
  merged.reserve(ids.size());
  std::size_t next = 0;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    if (refusals[row] != 0) {
      merged.push_back(refused_verdict(ids[row], static_cast<wire::Refusal>(refusals[row])));
      continue;
    }
    CHECK_LT(next, verdicts.size());
    merged.push_back(verdicts[next++]);
  }
  return merged;
}

}  // namespace weir::server
