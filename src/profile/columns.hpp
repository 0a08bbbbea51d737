// EventColumns and FeatureMatrix: the plain data that the stages of the pass hand to each other.
//
//   FeatureMatrix features;
//   features.resize(events.size());
//   WEIR_TRY(profiles.touch(columns, features));
//   const float* amount_z = features.column(Feature::kAmountZ);   // [rows]
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/aligned.hpp"
#include "base/result.hpp"
#include "wire/event.hpp"

namespace weir::profile {

inline constexpr std::uint32_t kNoSlot = 0xFFFFFFFFU;

// Marks an entity carries in the index; a row has the OR over its present entities.
enum EntityFlags : std::uint16_t {
  kQuarantined = 1,
  kWatch = 2,
  kDeny = 4,
  kAllow = 8,
  kExternal = 16,
  kQuarantineBlocks = 32,  // with kQuarantined: block instead of hold
};

// One batch of accepted events in seq order, with what the index found. Shapes: [rows] each.
struct EventColumns {
  std::span<const wire::Event> events;
  std::span<const std::uint32_t> debtor_slot;    // kNoSlot: absent
  std::span<const std::uint32_t> creditor_slot;  // kNoSlot: absent
  std::span<const std::uint16_t> entity_flags;   // EntityFlags
  std::size_t rows() const { return events.size(); }
};

// Index of each feature; docs/guide/features.md defines them. A new feature is a new schema
// version.
enum class Feature : std::uint8_t {
  kAmountLog,
  kAmountZ,
  kAmountVsUsual,
  kAmountVsPayee,
  kAmountRound,
  kNearLimit,
  kOutCount1m,
  kOutCount1h,
  kOutCount1d,
  kOutBurst,
  kOutWeek,
  kOutSum1d,
  kOutSumVsUsual,
  kOutGap,
  kDwell,
  kFlow1h,
  kOutShare1d,
  kHourSurprise,
  kHour,
  kWeekday,
  kDebtorAge,
  kCreditorAge,
  kNewEdge,
  kEdgeCount,
  kReciprocal,
  kFanOut,
  kFanIn,
  kInCount1h,
  kInSumVsUsual,
  kPayeeFlow1d,
  kPayeeRisk,
  kDebtorRisk,
};
inline constexpr unsigned kFeatures = 32;
inline constexpr unsigned kFeatureSchemaVersion = 1;
std::string_view feature_name(Feature feature);  // "amount_log", ...
Result<Feature> parse_feature(std::string_view name);

// Column-major f32 [kFeatures][stride], 64-byte aligned; stride is a multiple of 64 rows and no
// power of two, so that columns do not share cache sets. Rows beyond rows() up to the next multiple
// of 64 are zero after resize() and may be read and written by vector code.
class FeatureMatrix {
 public:
  // Keeps capacity; allocates only when `rows` exceeds every earlier call. Contents are
  // unspecified.
  void resize(std::size_t rows) {
    if (rows > capacity_) {
      capacity_ = (rows + 63) / 64 * 64 + 64;
      if (((capacity_ / 64) & 1) == 0) capacity_ += 64;  // odd number of 256-byte lines
      values_ = AlignedBuffer<float>(capacity_ * kFeatures);
    }
    rows_ = rows;
  }
  std::size_t rows() const { return rows_; }
  std::size_t stride() const { return capacity_; }
  float* column(Feature f) { return values_.data() + static_cast<std::size_t>(f) * capacity_; }
  const float* column(Feature f) const {
    return values_.data() + static_cast<std::size_t>(f) * capacity_;
  }
  const float* data() const { return values_.data(); }
  float at(std::size_t row, Feature f) const { return column(f)[row]; }

 private:
  AlignedBuffer<float> values_;
  std::size_t rows_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace weir::profile
