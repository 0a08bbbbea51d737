// RuleTrial: what a candidate rule set would have done with events that were decided before.
//
//   RuleTrial trial(candidate, options);
//   while (more) WEIR_TRY(trial.add({input, previous, labels, first_seq}));
//   std::puts(trial.report().to_text().c_str());
//
// Only the candidate's windows are computed again; features and tails are those of the log.
// Precision, recall and FP:TP look at labelled events only: an event without a label is never a
// false positive. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "decide/decider.hpp"

namespace weir::decide {

inline constexpr std::size_t kTrialChangesMax = 100;

enum class TrialLabel : std::uint8_t { kFraud, kLegit, kUnlabelled };

// Shapes: [rows].
struct TrialBatch {
  DecideInput input;
  std::span<const wire::VerdictCore> previous;
  std::span<const TrialLabel> labels;  // empty: none is labelled
  std::uint64_t first_seq = 1;
};

struct TrialCell {
  std::uint64_t events = 0;
  double value = 0;  // in units of the currencies, added up as they come
};

// {fraud, legit, unlabelled} x previous outcome {pass, hold, block} of the events that were hit.
struct TrialMatrix {
  std::array<std::array<TrialCell, 3>, 3> cells{};
  TrialCell sum(TrialLabel label) const;
  std::uint64_t events() const;
};

struct TrialRow {
  std::string name;
  std::string action;
  bool shadow = false;
  TrialMatrix hits;
};

struct TrialChange {
  std::uint64_t seq = 0;
  wire::Outcome before = wire::Outcome::kPass;
  wire::Outcome after = wire::Outcome::kPass;
  std::string rule;  // top rule, or empty: the score
};

struct TrialReport {
  std::uint64_t events = 0;
  double days = 0;                   // of event time
  TrialMatrix seen;                  // all events
  TrialRow total;                    // alerted, held or blocked by the candidate
  std::vector<TrialRow> rules;       // in the order of the text; shadow rules as if live
  std::uint64_t changed = 0;         // verdicts whose outcome differs
  std::vector<TrialChange> changes;  // the first kTrialChangesMax

  // These are -1 where there is nothing to divide by.
  double precision(const TrialMatrix& hits) const;
  double recall(const TrialMatrix& hits) const;
  double per_day(const TrialMatrix& hits) const;  // -1 too for streams of less than a day
  double false_per_true(const TrialMatrix& hits) const;
  // Share of the value of labelled fraud that was hit.
  double value_caught(const TrialMatrix& hits) const;

  // Returns a table for people, one line a rule.
  std::string to_text() const;
  void write(JsonWriter& json) const;
};

class RuleTrial {
 public:
  RuleTrial(std::shared_ptr<const RuleSet> candidate, const DeciderOptions& options);
  // Takes the next events in seq order. Errors: invalid_argument for spans that are not [rows].
  Status add(const TrialBatch& batch);
  // Uses these lists for `in @name`.
  void set_lists(std::shared_ptr<const Lists> lists) { decider_.set_lists(0, std::move(lists)); }
  TrialReport report() const;

 private:
  void count_row(const TrialBatch& batch, std::size_t row, const wire::VerdictCore& now);

  std::shared_ptr<const RuleSet> rules_;
  Decider decider_;
  std::vector<wire::VerdictCore> verdicts_;
  std::vector<RuleHit> hits_;
  TrialReport report_;
  std::int64_t first_us_ = -1;
  std::int64_t last_us_ = -1;
};

}  // namespace weir::decide
