// The parts behind Profiles: options in working form, the profiles themselves, index, edges,
// overflow. Private to this folder.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "base/page_populator.hpp"
#include "base/paged.hpp"
#include "base/prefetch.hpp"
#include "profile/edge_table.hpp"
#include "profile/entity_index.hpp"
#include "profile/gathered.hpp"
#include "profile/profile_record.hpp"
#include "profile/profiles.hpp"

namespace weir::profile {

// Profiles by slot, in slabs of 2^20. Slabs are mapped when the first slot of the last one is
// handed out and become resident as slots are used. The table of slabs never moves, so a slot that
// a batch carries can be read while index() adds slabs for the next batch.
class ProfileSlabs {
 public:
  static constexpr unsigned kShift = 20;
  static constexpr std::uint64_t kPerSlab = std::uint64_t{1} << kShift;
  static constexpr unsigned kSlabsMax = 2048;  // 2^31 slots

  // Makes the slot's profile exist, and the pages of the next ones resident before they are used.
  void reserve(std::uint32_t slot);
  Profile& operator[](std::uint32_t slot) { return slabs_[slot >> kShift][slot & (kPerSlab - 1)]; }
  const Profile& operator[](std::uint32_t slot) const {
    return slabs_[slot >> kShift][slot & (kPerSlab - 1)];
  }
  void prefetch(std::uint32_t slot) const {
    const Profile* p = &slabs_[slot >> kShift][slot & (kPerSlab - 1)];
    ::weir::prefetch(p);
    ::weir::prefetch(reinterpret_cast<const char*>(p) + 64);
  }

 private:
  static constexpr std::uint32_t kAheadSlots = 1U << 14;  // a huge page

  std::array<PagedArray<Profile>, kSlabsMax> slabs_;
  PagePopulator ahead_;
};

struct ProfileState {
  explicit ProfileState(ProfileOptions o);

  // Returns the entity's entry, made if new; slot kNoSlot: a side entity bytes_max has no room for.
  IndexEntry resolve(std::uint64_t id, std::uint64_t hash, bool party);
  std::uint32_t overflow_slot_of(std::uint64_t id);
  // Slot of the profile an entity uses, be it an overflow profile; kNoSlot: none.
  std::uint32_t profile_slot_of(wire::EntityId id) const;
  bool room_for(std::uint64_t parties_more, std::uint64_t sides_more) const;
  bool is_overflow(std::uint32_t slot, std::uint64_t id) const {
    return slot == overflow_slots[id >> 56 & 63].load(std::memory_order_relaxed);
  }

  ProfileOptions options;
  std::array<float, kNearLimitsMax> limits{};
  unsigned limit_count = 0;
  std::uint64_t lateness_max_us = 0;
  std::uint64_t tz_shift_us = 0;  // the offset plus a week, so that no local time is negative

  EntityIndex index;
  EdgeTable edges;
  ProfileSlabs profiles;
  std::uint32_t parties = 0;  // slots handed out, overflow profiles included
  std::uint32_t sides = 0;
  std::uint64_t overflowed = 0;
  // Slot of the profile that late-comers of a kind share; kNoSlot while there is none.
  std::array<std::atomic<std::uint32_t>, 64> overflow_slots;
  std::atomic<bool> full{false};
  GatheredBlock scratch;  // for touch(): one block at a time stays in the cache
};

// Gathers a batch block by block, in order, prefetching ahead of itself.
class Gatherer {
 public:
  Gatherer(ProfileState& state, const EventColumns& columns, TouchOut& out)
      : state_(state), columns_(columns), out_(out) {}
  // Gathers rows [begin, begin + 64), or up to the end of the batch; the rest of the block is zero.
  void gather(std::size_t begin, GatheredBlock& block);

 private:
  void prepare_to(std::size_t row_end);
  void amounts(std::size_t begin, std::size_t rows, GatheredBlock& block) const;
  bool row(std::size_t row, std::size_t at, GatheredBlock& block);

  ProfileState& state_;
  const EventColumns& columns_;
  TouchOut& out_;
  std::size_t prepared_ = 0;
  std::array<std::uint64_t, 128> edge_hash_;  // ring over rows
};

}  // namespace weir::profile
