#include "profile/profiles.hpp"

#include <algorithm>
#include <string>

#include "base/check.hpp"
#include "profile/profile_state.hpp"

namespace weir::profile {
namespace {

using wire::EntityId;
using wire::Event;

// What one entity is taken to cost when bytes_max is compared: its index entry at the lowest load
// while the table grows, and the profile of a party. A function of the options only, so that replay
// agrees.
constexpr std::uint64_t kIndexBytes = 48;
constexpr std::uint64_t kPartyBytes = sizeof(Profile) + kIndexBytes;
constexpr std::int64_t kWeekUs = std::int64_t{7} * 86'400 * 1'000'000;
constexpr std::size_t kEntitiesPerEvent = 6;
constexpr std::size_t kGroup = 16;  // events whose index entries are fetched together

// Look-ups of a group of events, in row and field order.
struct Wanted {
  std::uint64_t id;
  std::uint64_t hash;
  std::uint32_t row;
  std::uint32_t field;  // 0 debtor, 1 creditor, then entities without a profile
};
struct WantedGroup {
  std::array<Wanted, kGroup * kEntitiesPerEvent> items;
  std::size_t count = 0;
};

void fetch_group(const EntityIndex& index, std::span<const Event> events, std::size_t begin,
                 WantedGroup& group) {
  group.count = 0;
  const std::size_t end = std::min(begin + kGroup, events.size());
  for (std::size_t row = begin; row < end; ++row) {
    const Event& e = events[row];
    const std::uint64_t ids[kEntitiesPerEvent] = {e.debtor, e.creditor,   e.merchant,
                                                  e.device, e.instrument, e.ip};
    for (std::uint32_t field = 0; field < kEntitiesPerEvent; ++field) {
      if (ids[field] == 0) continue;
      const std::uint64_t hash = EntityIndex::hash(ids[field]);
      index.prefetch(hash);
      group.items[group.count++] = {ids[field], hash, static_cast<std::uint32_t>(row), field};
    }
  }
}

}  // namespace

void ProfileSlabs::reserve(std::uint32_t slot) {
  PagedArray<Profile>& slab = slabs_[slot >> kShift];
  if (slab.data() == nullptr) slab = PagedArray<Profile>(kPerSlab);
  const std::uint64_t at = slot & (kPerSlab - 1);
  if (at % kAheadSlots != kAheadSlots / 2 || at + kAheadSlots >= kPerSlab) return;
  ahead_.want(&slab[at / kAheadSlots * kAheadSlots + kAheadSlots], kAheadSlots * sizeof(Profile));
}

ProfileState::ProfileState(ProfileOptions o)
    : options(std::move(o)), index(options.accounts), edges(options.edges) {
  CHECK_LE(options.near_limits.size(), kNearLimitsMax);
  CHECK_GE(options.bytes_max, edges.bytes() + (std::uint64_t{1} << 20));
  CHECK(std::abs(options.tz_offset_s) <= 86'400);
  for (const double limit : options.near_limits) {
    CHECK_GT(limit, 0.0);
    limits[limit_count++] = static_cast<float>(limit);
  }
  lateness_max_us = std::uint64_t{options.lateness_max_s} * 1'000'000;
  tz_shift_us = static_cast<std::uint64_t>(std::int64_t{options.tz_offset_s} * 1'000'000 + kWeekUs);
  for (auto& slot : overflow_slots) slot.store(kNoSlot, std::memory_order_relaxed);
}

bool ProfileState::room_for(std::uint64_t parties_more, std::uint64_t sides_more) const {
  return (parties + parties_more) * kPartyBytes + (sides + sides_more) * kIndexBytes <=
             options.bytes_max - edges.bytes() &&
         parties + parties_more < kSideSlotFirst - 64 && sides + sides_more < kSideSlotFirst - 64;
}

std::uint32_t ProfileState::overflow_slot_of(std::uint64_t id) {
  ++overflowed;
  auto& shared = overflow_slots[id >> 56 & 63];
  std::uint32_t slot = shared.load(std::memory_order_relaxed);
  if (slot == kNoSlot) {
    slot = parties++;
    profiles.reserve(slot);
    shared.store(slot, std::memory_order_relaxed);
    full.store(true, std::memory_order_relaxed);
  }
  return slot;
}

IndexEntry ProfileState::resolve(std::uint64_t id, std::uint64_t hash, bool party) {
  IndexEntry* entry = index.probe(id, hash);
  if (entry->id != 0) {
    if (!party || entry->slot < kSideSlotFirst) return *entry;
    // A merchant, device, ... that now pays or receives: it gets a profile.
    if (room_for(1, 0)) {
      entry->slot = parties++;
      profiles.reserve(entry->slot);
      return *entry;
    }
    IndexEntry shared = *entry;
    shared.slot = overflow_slot_of(id);
    return shared;
  }
  IndexEntry made{id, kNoSlot, 0, 0};
  if (!room_for(party ? 1 : 0, party ? 0 : 1)) {
    full.store(true, std::memory_order_relaxed);
    if (party) made.slot = overflow_slot_of(id);
    return made;
  }
  if (party) {
    made.slot = parties++;
    profiles.reserve(made.slot);
  } else {
    made.slot = kSideSlotFirst + sides++;
  }
  index.add(entry, made);
  return made;
}

std::uint32_t ProfileState::profile_slot_of(EntityId id) const {
  if (!id.present()) return kNoSlot;
  const IndexEntry* entry = index.probe(id.word, EntityIndex::hash(id.word));
  if (entry->id != 0 && entry->slot < kSideSlotFirst) return entry->slot;
  return overflow_slots[id.word >> 56 & 63].load(std::memory_order_relaxed);
}

Profiles::Profiles(ProfileOptions options)
    : state_(std::make_unique<ProfileState>(std::move(options))) {}
Profiles::~Profiles() = default;

const ProfileOptions& Profiles::options() const {
  return state_->options;
}

void Profiles::index(std::span<const Event> events, IndexOut& out) {
  out.resize(events.size());
  ProfileState& s = *state_;
  std::fill(out.debtor_slot.begin(), out.debtor_slot.end(), kNoSlot);
  std::fill(out.creditor_slot.begin(), out.creditor_slot.end(), kNoSlot);
  std::fill(out.entity_flags.begin(), out.entity_flags.end(), std::uint16_t{0});
  WantedGroup groups[2];
  fetch_group(s.index, events, 0, groups[0]);
  for (std::size_t begin = 0; begin < events.size(); begin += kGroup) {
    const std::size_t next = begin + kGroup;
    fetch_group(s.index, events, next, groups[next / kGroup % 2]);
    const WantedGroup& group = groups[begin / kGroup % 2];
    for (std::size_t i = 0; i < group.count; ++i) {
      const Wanted& wanted = group.items[i];
      const IndexEntry entry = s.resolve(wanted.id, wanted.hash, wanted.field < 2);
      if (wanted.field == 0) out.debtor_slot[wanted.row] = entry.slot;
      if (wanted.field == 1) out.creditor_slot[wanted.row] = entry.slot;
      unsigned flags = out.entity_flags[wanted.row];
      flags |= entry.flags;
      out.entity_flags[wanted.row] = static_cast<std::uint16_t>(flags);
    }
  }
}

namespace {

Status check_shape(const EventColumns& columns) {
  const std::size_t rows = columns.rows();
  if (columns.debtor_slot.size() == rows && columns.creditor_slot.size() == rows) {
    return Status::ok();
  }
  return invalid_argument("columns_shape",
                          "event columns differ in length: " + std::to_string(rows) + " events, " +
                              std::to_string(columns.debtor_slot.size()) + " and " +
                              std::to_string(columns.creditor_slot.size()) + " slots");
}

}  // namespace

Status Profiles::touch(const EventColumns& columns, FeatureMatrix& features, TouchOut& out) {
  WEIR_TRY(check_shape(columns));
  features.resize(columns.rows());
  out.resize(columns.rows());
  Gatherer gatherer(*state_, columns, out);
  for (std::size_t row = 0; row < columns.rows(); row += kGatherRows) {
    gatherer.gather(row, state_->scratch);
    compute_block(state_->scratch, features.column(Feature{0}), features.stride(), row);
  }
  return Status::ok();
}

Status Profiles::gather(const EventColumns& columns, Gathered& gathered, TouchOut& out) {
  WEIR_TRY(check_shape(columns));
  gathered.resize(columns.rows());
  out.resize(columns.rows());
  Gatherer gatherer(*state_, columns, out);
  for (std::size_t row = 0; row < columns.rows(); row += kGatherRows) {
    gatherer.gather(row, gathered.block(row / kGatherRows));
  }
  return Status::ok();
}

namespace {

// Weight that a label known at `at_us` has at the profile's last event.
float label_weight(const Profile& p, Window window, std::int64_t at_us) {
  if (at_us >= p.last_us) return 1.0F;
  const std::uint64_t at = at_us < 0 ? 0 : static_cast<std::uint64_t>(at_us);
  return decay_factor(tick(window, static_cast<std::uint64_t>(p.last_us)) - tick(window, at));
}

void relabel(const Profile& p, Window window, const LabelUpdate& label, float& value) {
  if (label.previous_fraud) {
    value = std::max(0.0F, value - label_weight(p, window, label.previous_at_us));
  }
  if (label.fraud) value += label_weight(p, window, label.at_us);
}

}  // namespace

void Profiles::apply_label(const LabelUpdate& label) {
  const std::uint32_t creditor = state_->profile_slot_of(label.creditor);
  if (creditor != kNoSlot) {
    Profile& p = state_->profiles[creditor];
    if (p.seen != 0) relabel(p, kSevenDays, label, p.f_in);
  }
  const std::uint32_t debtor = state_->profile_slot_of(label.debtor);
  if (debtor != kNoSlot) {
    Profile& p = state_->profiles[debtor];
    if (p.seen != 0) relabel(p, kThirtyDays, label, p.f_out);
  }
}

Status Profiles::set_flags(EntityId id, std::uint16_t mask, std::uint16_t value) {
  if (!id.present()) return invalid_argument("entity_absent", "flags need an entity");
  ProfileState& s = *state_;
  const std::uint64_t hash = EntityIndex::hash(id.word);
  IndexEntry* entry = s.index.probe(id.word, hash);
  if (entry->id != 0) {
    entry->flags = static_cast<std::uint16_t>((entry->flags & ~mask) | (value & mask));
    return Status::ok();
  }
  if ((value & mask) == 0) return Status::ok();
  if (!s.room_for(0, 1)) {
    return resource_exhausted("profile_full", "no room for the flags of one more entity")
        .hint("raise profile.bytes_max");
  }
  s.index.add(entry,
              {id.word, kSideSlotFirst + s.sides++, static_cast<std::uint16_t>(value & mask), 0});
  return Status::ok();
}

std::uint16_t Profiles::flags(EntityId id) const {
  if (!id.present()) return 0;
  return state_->index.probe(id.word, EntityIndex::hash(id.word))->flags;
}

std::uint32_t Profiles::find(EntityId id) const {
  if (!id.present()) return kNoSlot;
  const IndexEntry* entry = state_->index.probe(id.word, EntityIndex::hash(id.word));
  return entry->id == 0 ? kNoSlot : entry->slot;
}

std::uint64_t Profiles::count() const {
  return std::uint64_t{state_->parties} + state_->sides;
}

std::uint64_t Profiles::bytes() const {
  const std::uint64_t profiles = std::uint64_t{state_->parties} * sizeof(Profile);
  return profiles + state_->index.bytes() + state_->edges.bytes();
}

bool Profiles::full() const {
  return state_->full.load(std::memory_order_relaxed);
}

ProfileCounts Profiles::counts() const {
  const std::uint64_t budget = state_->options.bytes_max - state_->edges.bytes();
  return {state_->parties, state_->sides, budget / kPartyBytes, state_->overflowed,
          state_->edges.evictions()};
}

void Profiles::set_edge_evictions(std::uint64_t evictions) {
  state_->edges.set_evictions(evictions);
}

}  // namespace weir::profile
