// Decider: rules, windows and scores of a batch to verdicts.
//
//   Decider decider({.fusion = Fusion::kMax});
//   WEIR_TRY(decider.set_rules(17, rules, at_us));            // at a block boundary
//   WEIR_TRY(decider.decide(input, verdicts));                // [rows]; ledger_status left 0
//
// Every rule is evaluated on every event; then classes apply in a fixed order: deny list (block) or
// quarantine (hold or block), allow, block, hold, alert. allow cancels block and hold of rules and scores,
// never deny, quarantine or alert. T = max(T_e, 9000 points) or their sum, against the first matching row of
// the thresholds. A verdict is flagged alert when an alert rule or the alert threshold is reached, when a
// rule, score or the deny list holds or blocks it, and when an entity is on the watch list; quarantine by
// itself does not alert, and events marked kBackfill never do.
//
// State (windows, decline breaker) advances row by row in seq order, so verdicts do not depend on where
// batches are cut. Not thread-safe. No allocation after the largest batch has been seen once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "decide/lists.hpp"
#include "decide/rules/rule_set.hpp"
#include "profile/columns.hpp"
#include "wire/verdict.hpp"

namespace weir::decide {

enum class Fusion : std::uint8_t { kMax, kSum };

// Bits of DecideInput::detector_flags, as detectors write them.
enum DetectorFlags : std::uint8_t {
  kDetectorWarming = 1,
  kDetectorNotApplicable = 4,
  kDetectorUnavailable = 16,
};

struct DeciderOptions {
  Fusion fusion = Fusion::kMax;
  // What happens to rows that no detector could score (kDetectorUnavailable): pass (decide without), or hold.
  bool hold_on_failure = false;
  const wire::Dictionary* dictionary =
      nullptr;  // of the stream; null: texts of rules match nothing
  const wire::Masking* masking = nullptr;
};

// Shapes: [rows] unless said otherwise; an empty span stands for all zero.
struct DecideInput {
  profile::EventColumns columns;
  const profile::FeatureMatrix* features = nullptr;
  std::span<const std::uint32_t> tail_e6;        // of the ensemble
  std::span<const std::uint8_t> detector_flags;  // of the ensemble
  std::span<const std::uint32_t> detector_mask;  // bit d: detector d scored the row
  std::span<const std::span<const std::uint32_t>>
      detector_tails;                           // [detectors][rows], in millionths
  std::span<const std::uint8_t> late;           // 1: late
  std::span<const std::uint8_t> profile_full;   // 1: an overflow profile was used
  std::span<const std::int64_t> balance;        // minor units; empty: null
  std::span<const std::uint8_t> balance_valid;  // empty: all valid
  Bytes side;                                   // the batch's side area
};

struct RuleHits {
  std::uint64_t live = 0;     // fired and counted
  std::uint64_t shadow = 0;   // fired, without effect
  std::uint64_t warming = 0;  // fired while its windows were warming, without effect
};

// What one rule compared when it fired: "count(card, 1h)" 4 against "3" 3.
struct RuleSides {
  std::string left_text, right_text;
  double left = 0, right = 0;
  bool valid = false;  // false: the condition has no numeric comparison
};

class Decider {
 public:
  explicit Decider(const DeciderOptions& options = {});
  Decider(Decider&&) noexcept;
  ~Decider();

  // Replaces the rules from the next row on. Windows with equal text keep their state; new ones start
  // warming. Error: those of RuleSet::link.
  Status set_rules(std::uint32_t version, std::shared_ptr<const RuleSet> rules);
  // Replaces the lists behind `in @name`.
  void set_lists(const Lists& lists);
  // Treats every window as warm: after its state was filled from the log.
  void mark_warm();

  // Decides rows 0..rows-1 in order. Errors: invalid_argument if a span is neither empty nor [rows].
  Status decide(const DecideInput& in, std::span<wire::VerdictCore> out);

  // About the last decide() only; `row` is of that batch, and `in` the same input.
  // Appends the indices of the rules that fired (live, then shadow), in the order of reasons.
  void hits_of_row(std::size_t row, std::vector<std::uint32_t>& live,
                   std::vector<std::uint32_t>& shadow) const;
  // Returns the two sides of the rule's first comparison on a row. Allocates.
  RuleSides sides_of_row(const DecideInput& in, std::size_t row, std::uint32_t rule) const;

  std::uint32_t rules_version() const;
  const RuleSet* rules() const;
  std::span<const RuleHits> rule_hits() const;  // [rules], since set_rules
  const ListIndex& lists() const;
  bool breaker_open() const;
  struct WindowStats {
    std::string name, text, coverage;
    std::size_t keys, bytes, bytes_per_key;
    std::uint64_t rejected;
    bool warm;
  };
  std::vector<WindowStats> window_stats() const;

  // Appends windows, breaker, watermark; load() needs the same rules and leaves the Decider unchanged on
  // data_loss.
  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::decide
