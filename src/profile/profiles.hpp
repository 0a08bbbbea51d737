// Profiles: what Weir remembers of every party, and the 32 features it makes of an event.
//
//   Profiles profiles(ProfileOptions{});
//   IndexOut index;
//   TouchOut touched;
//   FeatureMatrix features;
//   profiles.index(batch.events, index);                     // entities -> slots, flags
//   WEIR_TRY(profiles.touch(index.columns(batch.events), features, touched));
//   float z = features.at(row, Feature::kAmountZ);
//
// A party (debtor or creditor) has a profile of two cache lines: decayed counts and sums, an amount
// baseline, hours, linear counters, label risk. A pair of parties has an entry in the edge table.
// Events act in row order, so features do not depend on where batches are cut.
//
// Threads: one thread at a time for index(), touch(), apply_label(), set_flags() and load(); the
// readers (find, flags, view, count, bytes, save) must not run beside them. index() of the next
// batch may run beside gather() of the current one. compute_features() is free: any thread, any
// rows.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "profile/columns.hpp"
#include "wire/event.hpp"

namespace weir::profile {

inline constexpr std::int64_t kNoTime = INT64_MIN;
// Slots of entities that are no party (merchant, device, instrument, ip) count up from here; they
// have no profile. Such an entity gets a party slot when it first pays or receives.
inline constexpr std::uint32_t kSideSlotFirst = 0x80000000U;
inline constexpr unsigned kNearLimitsMax = 8;

// Everything here is part of the configuration that replay needs to repeat.
struct ProfileOptions {
  std::uint64_t accounts = 1U << 20;  // entities the index holds before it first grows
  std::uint64_t bytes_max = std::uint64_t{8}
                            << 30;  // profiles + index + edges; beyond: overflow profiles
  std::uint64_t edges = std::uint64_t{4} << 20;  // entries of the edge table, rounded up to 2^n
  std::vector<double> near_limits = {10'000.0};  // major units; at most kNearLimitsMax
  std::int32_t tz_offset_s = 0;                  // local hour and weekday: UTC + this
  std::uint32_t lateness_max_s = 60;             // later events train neither amounts nor hours
};

// What index() finds, one entry a row.
struct IndexOut {
  std::vector<std::uint32_t> debtor_slot;    // kNoSlot: absent
  std::vector<std::uint32_t> creditor_slot;  // kNoSlot: absent
  std::vector<std::uint16_t> entity_flags;   // OR over the entities present
  void resize(std::size_t rows) {
    debtor_slot.resize(rows);
    creditor_slot.resize(rows);
    entity_flags.resize(rows);
  }
  EventColumns columns(std::span<const wire::Event> events) const {
    return {events, debtor_slot, creditor_slot, entity_flags};
  }
};

// What touch() tells besides features, one entry a row.
struct TouchOut {
  std::vector<std::uint8_t> late;          // 1: older than the last event of a party
  std::vector<std::uint8_t> profile_full;  // 1: a party shares an overflow profile
  void resize(std::size_t rows) {
    late.resize(rows);
    profile_full.resize(rows);
  }
};

// A label as a control record brings it: parties of the labelled event, verdict, and the label
// before it.
struct LabelUpdate {
  wire::EntityId debtor;
  wire::EntityId creditor;
  bool fraud = false;
  std::int64_t at_us = 0;       // when the label became known
  bool previous_fraud = false;  // the label this one replaces, if any
  std::int64_t previous_at_us = kNoTime;
};

// A profile as people read it: decayed to the time asked for.
struct ProfileView {
  wire::EntityId id;
  std::uint32_t slot = kNoSlot;
  std::uint16_t flags = 0;
  bool overflow = false;     // shared by accounts that came after bytes_max
  bool has_profile = false;  // false: only seen as merchant, device, ..., or never touched
  std::int64_t as_of_us = 0;
  std::int64_t last_us = kNoTime;    // last event
  std::array<float, 5> out_count{};  // 1m 1h 1d 7d 30d
  std::array<float, 4> in_count{};   // 1h 1d 7d 30d
  std::array<float, 3> out_sum{};    // 1h 1d 30d, major units
  std::array<float, 3> in_sum{};
  float fraud_in = 0;         // labels as creditor, 7 d
  float fraud_out = 0;        // labels as debtor, 30 d
  float amount_log_mean = 0;  // of log2(1 + amount) as debtor
  float amount_log_variance = 0;
  float fan_out = 0;  // distinct payees of the last two days, estimated
  float fan_in = 0;
  std::array<std::uint8_t, 24> hours{};
  std::uint32_t events_out = 0;  // saturates at 65,535
  std::uint32_t events_in = 0;
  std::uint32_t first_day = 0;            // days since 1970 UTC
  std::uint64_t out_gap_ms = UINT64_MAX;  // since it paid; UINT64_MAX: never, or beyond 49 days
  std::uint64_t in_gap_ms = UINT64_MAX;
};

struct ProfileCounts {
  std::uint64_t parties = 0;        // entities with a profile of their own
  std::uint64_t side_entities = 0;  // entities without
  std::uint64_t parties_max = 0;    // what bytes_max allows
  std::uint64_t overflowed = 0;     // look-ups that ended in an overflow profile
  std::uint64_t edge_evictions = 0;
};

struct ProfileState;
class PiecesAhead;
struct PieceLayout;

// Raw values of each row, between the sequential pass over profiles and the vector pass.
class Gathered;

// Computes the features of rows [row_begin, row_end) of a gathered batch. row_begin is a multiple
// of 64; `features` has been resized to the batch. Thread-safe for disjoint rows; same bits on
// every ISA.
void compute_features(const Gathered& gathered, FeatureMatrix& features, std::size_t row_begin,
                      std::size_t row_end);

class Profiles {
 public:
  // Reserves address space and the index; CHECKs the options (near_limits, bytes_max >= 1 MiB +
  // edges).
  explicit Profiles(ProfileOptions options);
  ~Profiles();
  Profiles(const Profiles&) = delete;
  Profiles& operator=(const Profiles&) = delete;
  const ProfileOptions& options() const;

  // Gives every entity of the events a slot, by first appearance in row order and, in a row,
  // debtor, creditor, merchant, device, instrument, ip; resizes and fills `out`. Allocates only
  // when the index grows (16 buckets moved for each entity added, so no call stops for it) or a
  // slab of 2^20 is added.
  void index(std::span<const wire::Event> events, IndexOut& out);

  // Applies the events in row order and writes 32 features a row; resizes `features` and `out`.
  // Events of type refund, reversal, cancel, status and fee read profiles but change nothing.
  // invalid_argument (columns_shape) if the spans differ in length.
  Status touch(const EventColumns& columns, FeatureMatrix& features, TouchOut& out);

  // The sequential half of touch(): updates profiles and edges and keeps what the features need.
  // touch() = gather() + compute_features() over all rows, block by block.
  Status gather(const EventColumns& columns, Gathered& gathered, TouchOut& out);

  // Adds or takes back the weight of a label: fraud adds 1 to the creditor's 7-day and the debtor's
  // 30-day label risk, decayed from `at_us` to the profile's last event. Unknown parties are
  // skipped.
  void apply_label(const LabelUpdate& label);

  // Sets the bits of `mask` to `value`; an entity never seen before gets a slot.
  // resource_exhausted (profile_full) if the index may not grow any more.
  Status set_flags(wire::EntityId id, std::uint16_t mask, std::uint16_t value);
  std::uint16_t flags(wire::EntityId id) const;  // 0: unknown
  // Returns the entity's slot; kNoSlot: unknown, or without a slot of its own since bytes_max.
  std::uint32_t find(wire::EntityId id) const;
  // not_found (entity_unknown) if the entity has never been seen.
  Result<ProfileView> view(wire::EntityId id, std::int64_t as_of_us) const;

  std::uint64_t count() const;  // entities of both sorts
  std::uint64_t bytes() const;  // memory in use: profiles, index, edges
  bool full() const;            // bytes_max has been reached
  ProfileCounts counts() const;
  // Sets the count of evictions: blocks that come again after load() may count other ones.
  void set_edge_evictions(std::uint64_t evictions);

  // Writes the whole state; the bytes are a function of the events and calls seen.
  void save(ByteWriter& out) const;
  // Replaces the state by a saved one and takes nothing behind it. data_loss (snapshot_*) if the
  // bytes contradict themselves or were written under other options; the object is then empty.
  Status load(ByteReader& in);

  // Returns which profiles and edges the pieces of the state hold, right after load().
  PieceLayout piece_layout() const;
  // As gather() and apply_label(), for a block of `height` that comes again after load(): what is
  // `ahead` of it stays as it is. Rows with such a party or edge get features that mean nothing.
  Status gather_behind(const EventColumns& columns, Gathered& gathered, TouchOut& out,
                       const PiecesAhead& ahead, std::uint64_t height);
  void apply_label_behind(const LabelUpdate& label, const PiecesAhead& ahead, std::uint64_t height);

 private:
  friend class ProfilePieces;
  std::unique_ptr<ProfileState> state_;
};

}  // namespace weir::profile
