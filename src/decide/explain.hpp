// Explanation: from features, rule hits and contributions to reasons that a person can read.
//
//   add_reason_codes(core, contributions);  // in the pass: the rest of the four codes
//   std::vector<FullReason> reasons = explain_row({...});  // for JSON: at most eight, with values
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decide/decider.hpp"
#include "profile/columns.hpp"
#include "wire/verdict.hpp"

namespace weir::decide {

// One feature's part in the ensemble's score; only positive weights explain.
struct FeatureWeight {
  profile::Feature feature;
  float weight;
};

// Returns the reason code a feature stands for, kNone if it explains nothing by itself.
wire::Reason reason_of_feature(profile::Feature feature);

// Appends the codes of the contributions to a verdict, by weight descending, ties by feature index,
// each code once. `reason_count` counts all, `reasons` keeps the first four.
void add_reason_codes(wire::VerdictCore& core, std::span<const FeatureWeight> contributions);

struct FullReason {
  wire::Reason code = wire::Reason::kNone;
  std::string text;
  double weight = 0;    // share of the positive contributions; 1 for rules and lists
  std::string feature;  // name, or empty
  std::string rule;     // name, or empty
  double value = 0;
  double usual = 0;
  bool has_value = false;
  bool has_usual = false;
};

// A live rule that fired, and what it compared.
struct FiredRule {
  std::uint32_t rule = 0;                   // index in the rule set
  std::optional<std::uint32_t> comparison;  // index of Rule::comparisons
  HitSides sides;
};

struct ExplainInput {
  const wire::Event* event = nullptr;
  const float* features = nullptr;  // [kFeatures] of the row
  const RuleSet* rules = nullptr;
  std::span<const FiredRule> live_hits;          // in the order of reasons
  std::span<const FeatureWeight> contributions;  // of the ensemble
  wire::VerdictCore core{};
  std::uint16_t entity_flags = 0;
  std::string currency;  // "USD", or empty
};

// Returns at most kReasonsMax reasons in the order of the specification of verdicts: lists and
// quarantine, rule hits, breaker, then features by weight. Allocates.
std::vector<FullReason> explain_row(const ExplainInput& in);

struct FeatureValue {
  profile::Feature feature;
  double value;
  double usual;  // in the units of the feature's quantity
  bool has_usual;
};
// Returns the quantity behind a feature and what is usual for the entity, both recovered from the
// features: for amount_vs_usual the amount and the 30-day mean.
FeatureValue usual_of_feature(profile::Feature feature, const wire::Event& event,
                              const float* features);

}  // namespace weir::decide
