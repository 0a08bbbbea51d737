#include "profile/edge_table.hpp"

#include <algorithm>
#include <bit>

namespace weir::profile {

EdgeTable::EdgeTable(std::uint64_t entries)
    : lines_(std::bit_ceil(std::max<std::uint64_t>(entries, 64)) / 4), mask_(lines_.size() - 1) {}

EdgeCounts EdgeTable::read(std::uint64_t hash, bool up, std::uint32_t second) const {
  const std::uint32_t fingerprint = fingerprint_of(hash);
  for (const EdgeEntry& entry : lines_[hash & mask_].entries) {
    if (entry.fingerprint != fingerprint) continue;
    const std::uint32_t now = std::max(second, entry.last_s);
    const float factor = decay_factor(now / kEdgeGrainS - entry.last_s / kEdgeGrainS);
    const float a = decayed(entry.up, factor);
    const float b = decayed(entry.down, factor);
    return up ? EdgeCounts{a, b} : EdgeCounts{b, a};
  }
  return {};
}

EdgeCounts EdgeTable::touch(std::uint64_t hash, bool up, std::uint32_t second) {
  EdgeLine& line = lines_[hash & mask_];
  const std::uint32_t fingerprint = fingerprint_of(hash);
  for (EdgeEntry& entry : line.entries) {
    if (entry.fingerprint != fingerprint) continue;
    const std::uint32_t now = std::max(second, entry.last_s);
    const std::uint64_t now_tick = now / kEdgeGrainS;
    const float factor = decay_factor(now_tick - entry.last_s / kEdgeGrainS);
    const float weight = decay_factor(now_tick - second / kEdgeGrainS);
    const EdgeCounts before = {decayed(entry.up, factor), decayed(entry.down, factor)};
    entry.up = before.forward + (up ? weight : 0.0F);
    entry.down = before.backward + (up ? 0.0F : weight);
    entry.last_s = now;
    return up ? before : EdgeCounts{before.backward, before.forward};
  }
  EdgeEntry* victim = line.entries;
  for (EdgeEntry& entry : line.entries) {
    if (entry.last_s < victim->last_s) victim = &entry;
  }
  if (victim->fingerprint != 0) ++evictions_;
  *victim = {fingerprint, second, up ? 1.0F : 0.0F, up ? 0.0F : 1.0F};
  return {};
}

}  // namespace weir::profile
