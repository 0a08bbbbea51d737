// Detector: what turns the features of an event into one number, higher = more abnormal. One
// detector is one file and one line in registry.cpp; one virtual call a batch.
//
//   DetectorOutput out{raw, flags};
//   WEIR_TRY(detector.score(events, features, out));   // then calibration turns raw into a tail
//
// Words: raw is a detector's own scale; p the probability that a normal row scores at least that
// high; tail = -log10 p; tail_e6 = floor(10^6 tail), which is what the decision computes with.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ops/forest/columns_view.hpp"
#include "profile/columns.hpp"

namespace weir::detect {

// What is special about one row's score.
enum ScoreFlags : std::uint8_t {
  kWarming = 1,        // not enough history, or no model yet: tail 0
  kMissingInput = 2,   // a value was not finite; the training median stood in for it
  kNotApplicable = 4,  // the detector does not judge such events: tail 0
  kExtrapolated = 8,   // beyond the reference rows: the tail comes from the fitted law
  kUnavailable = 16,   // the detector could not run: tail 0
  kLate = 32,          // older than its entity's current tick
};
inline constexpr std::uint8_t kNoScore = kWarming | kNotApplicable | kUnavailable;

// Detectors of one group see the same signal; the ensemble takes the mean of a group.
enum class DetectorGroup : std::uint8_t { kOutlier, kTemporal, kBehaviour, kGraph, kSupervised };
inline constexpr unsigned kDetectorGroups = 5;

// exact: integers, bit-equal anywhere; fixed: a prescribed order of operations, bit-equal too;
// tolerant: within a tolerance, and so never part of a decision.
enum class NumericClass : std::uint8_t { kExact, kFixed, kTolerant };

struct DetectorInfo {
  std::string_view name;  // static
  std::uint32_t version = 1;
  DetectorGroup group = DetectorGroup::kOutlier;
  NumericClass numeric = NumericClass::kExact;
  bool stateful = false;                     // score() changes it: call it serially, in seq order
  std::uint32_t event_types = 0xFFFF;        // bit t: judges events of EventType t
  std::uint32_t feature_mask = 0xFFFFFFFFU;  // bit f: reads Feature f
};

// One value per row each; owned by the caller.
struct DetectorOutput {
  std::span<float> raw;
  std::span<std::uint8_t> flags;  // ScoreFlags, written, not added to
};

// One part of "why": how much a feature moved the score; > 0 is towards abnormal.
struct Contribution {
  std::uint32_t feature = 0;  // profile::Feature
  float amount = 0;           // in the detector's own unit, signed
  float weight = 0;           // share of the sum of positive amounts, 0 if negative
};

class Detector {
 public:
  virtual ~Detector() = default;
  virtual const DetectorInfo& info() const = 0;
  // Scores rows in seq order, then updates its own state with them. `events` may have no rows where
  // a stateless detector replays features alone; else events.rows() == features.rows. The output
  // does not depend on where batches are cut. Thread-safe if not stateful; no allocation after
  // warm-up.
  virtual Status score(const profile::EventColumns& events, const ops::ColumnsView& features,
                       DetectorOutput& out) = 0;
  // Writes the signed contribution of every feature for one row: out[feature], set. Thread-safe.
  virtual Status contributions(const ops::ColumnsView& features, std::size_t row,
                               std::span<double> out) const = 0;
  // Drops what is kept for a profile slot that was evicted.
  virtual void forget(std::uint32_t slot) = 0;
  // Writes the fitted model: same model, same bytes. load is in the registry.
  virtual void save_model(ByteWriter& out) const = 0;
  // Writes and reads the state that scoring changed; nothing for a stateless detector.
  virtual void save_state(ByteWriter& out) const = 0;
  virtual Status load_state(ByteReader& in) = 0;
};

// Returns a FeatureMatrix as the columns a detector reads.
inline ops::ColumnsView feature_view(const profile::FeatureMatrix& features) {
  return {features.data(), features.rows(), features.stride(), profile::kFeatures};
}

}  // namespace weir::detect
