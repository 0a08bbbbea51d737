#include "decide/explain.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/decimal.hpp"
#include "base/numeric/elementary.hpp"

namespace weir::decide {

using profile::Feature;
using wire::Reason;
using wire::VerdictCore;

namespace {

constexpr std::size_t kFirst = static_cast<std::size_t>(Reason::kRoundAmount) + 1;
constexpr double kHoursOf30Days = 720;
constexpr double kMsOf30Days = 30.0 * 86'400'000.0;

double feature(const float* row, Feature f) {
  return static_cast<double>(row[static_cast<std::size_t>(f)]);
}

// Undoes log2(1 + v).
double undo_log(double v) {
  return numeric::exp2(v) - 1;
}

// Undoes log2((v + 1) / (usual + 1)) for `usual`.
double undo_ratio(double value, double ratio) {
  return std::max(0.0, (value + 1) / numeric::exp2(ratio) - 1);
}

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

// Whole numbers without decimals, others with up to two.
std::string short_number(double value) {
  std::string text = fixed(value, 2);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

// A side of a comparison: exact to the cent, and small numbers to six digits.
std::string side_text(double value) {
  if (std::abs(value) >= 1000 || value == 0) return short_number(value);
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string times(double value, double usual) {
  return usual > 0 ? fixed(value / usual, 1) + "x" : std::string("above");
}

std::string time_text_of(double ms) {
  if (ms >= 86'400'000.0) return short_number(ms / 86'400'000.0) + " days";
  if (ms >= 3'600'000.0) return short_number(ms / 3'600'000.0) + " hours";
  if (ms >= 60'000.0) return short_number(ms / 60'000.0) + " minutes";
  return short_number(ms / 1000.0) + " seconds";
}

double amount_of(const wire::Event& event) {
  double scale = 1;
  for (unsigned i = 0; i < event.exponent; ++i) scale *= 10;
  return static_cast<double>(event.amount) / scale;
}

// Returns the debtor's usual payments an hour.
double usual_per_hour(const float* row) {
  return undo_ratio(undo_log(feature(row, Feature::kOutCount1h)), feature(row, Feature::kOutBurst));
}

std::vector<FeatureWeight> positive_by_weight(std::span<const FeatureWeight> contributions) {
  std::vector<FeatureWeight> sorted;
  for (const FeatureWeight& c : contributions) {
    if (c.weight > 0) sorted.push_back(c);
  }
  std::sort(sorted.begin(), sorted.end(), [](const FeatureWeight& a, const FeatureWeight& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.feature < b.feature;
  });
  return sorted;
}

}  // namespace

Reason reason_of_feature(Feature f) {
  switch (f) {
    case Feature::kAmountLog:
    case Feature::kAmountZ:
    case Feature::kAmountVsUsual:
      return Reason::kAmtVsUsual;
    case Feature::kAmountVsPayee:
      return Reason::kAmtVsPayee;
    case Feature::kAmountRound:
      return Reason::kRoundAmount;
    case Feature::kNearLimit:
      return Reason::kNearLimit;
    case Feature::kOutCount1m:
    case Feature::kOutCount1h:
    case Feature::kOutCount1d:
    case Feature::kOutBurst:
    case Feature::kOutWeek:
      return Reason::kVelocity;
    case Feature::kOutSum1d:
    case Feature::kOutSumVsUsual:
    case Feature::kInSumVsUsual:
      return Reason::kSumVsUsual;
    case Feature::kOutGap:
      return Reason::kDormant;
    case Feature::kDwell:
    case Feature::kFlow1h:
    case Feature::kOutShare1d:
    case Feature::kPayeeFlow1d:
      return Reason::kPassThrough;
    case Feature::kHourSurprise:
    case Feature::kHour:
      return Reason::kUnusualHour;
    case Feature::kDebtorAge:
    case Feature::kCreditorAge:
      return Reason::kNewAccount;
    case Feature::kNewEdge:
    case Feature::kEdgeCount:
      return Reason::kNewPayee;
    case Feature::kFanOut:
      return Reason::kFanOut;
    case Feature::kFanIn:
    case Feature::kInCount1h:
      return Reason::kFanIn;
    case Feature::kPayeeRisk:
      return Reason::kPayeeRisk;
    case Feature::kDebtorRisk:
      return Reason::kPayerRisk;
    case Feature::kWeekday:
    case Feature::kReciprocal:
      return Reason::kDetector;
  }
  return Reason::kNone;
}

void add_reason_codes(VerdictCore& core, std::span<const FeatureWeight> contributions) {
  // At most one entry a code; no allocation: the pass calls this for every row that is not a plain
  // pass.
  std::uint32_t used_codes = 0;
  std::uint32_t used = 0;
  while (core.reason_count != 255) {
    std::size_t best = contributions.size();
    for (std::size_t i = 0; i < contributions.size() && i < 32; ++i) {
      const FeatureWeight& c = contributions[i];
      if ((used >> i & 1) != 0 || !(c.weight > 0)) continue;
      const bool better =
          best == contributions.size() || c.weight > contributions[best].weight ||
          (c.weight == contributions[best].weight && c.feature < contributions[best].feature);
      if (better) best = i;
    }
    if (best == contributions.size()) return;
    used |= 1U << best;
    const Reason code = reason_of_feature(contributions[best].feature);
    const auto number = static_cast<std::uint16_t>(code);
    if ((used_codes >> number & 1) != 0) continue;
    used_codes |= 1U << number;
    if (core.reason_count < 4) core.reasons[core.reason_count] = number;
    ++core.reason_count;
  }
}

FeatureValue usual_of_feature(Feature f, const wire::Event& event, const float* row) {
  const double value = feature(row, f);
  const double amount = amount_of(event);
  switch (f) {
    case Feature::kAmountLog:
    case Feature::kAmountZ:
    case Feature::kAmountVsUsual:
      return {f, amount, undo_ratio(amount, feature(row, Feature::kAmountVsUsual)), true};
    case Feature::kAmountVsPayee:
      return {f, amount, undo_ratio(amount, value), true};
    case Feature::kNearLimit:
      return {f, amount, value > 0 ? amount / value : 0, value > 0};
    case Feature::kOutCount1h:
    case Feature::kOutBurst:
      return {f, undo_log(feature(row, Feature::kOutCount1h)), usual_per_hour(row), true};
    case Feature::kOutCount1d:
      return {f, undo_log(value), usual_per_hour(row) * 24, true};
    case Feature::kOutCount1m:
      return {f, undo_log(value), usual_per_hour(row) / 60, true};
    case Feature::kOutSum1d:
    case Feature::kOutSumVsUsual: {
      const double sum = undo_log(feature(row, Feature::kOutSum1d));
      return {f, sum, undo_ratio(sum, feature(row, Feature::kOutSumVsUsual)), true};
    }
    case Feature::kOutGap: {
      const double count = usual_per_hour(row) * kHoursOf30Days;
      return {f, undo_log(value), count > 0 ? kMsOf30Days / count : 0, count > 0};
    }
    case Feature::kHourSurprise:
    case Feature::kHour:  // the share of the debtor's payments at this hour, against an even day
      return {f, numeric::exp2(-feature(row, Feature::kHourSurprise)), 1.0 / 24, true};
    case Feature::kDebtorAge:
    case Feature::kCreditorAge:
    case Feature::kEdgeCount:
    case Feature::kReciprocal:
    case Feature::kFanOut:
    case Feature::kFanIn:
    case Feature::kInCount1h:
    case Feature::kDwell:
      return {f, undo_log(value), 0, false};
    case Feature::kOutWeek:  // this week against an average week of the month
      return {f, numeric::exp2(value), 1, true};
    case Feature::kInSumVsUsual:
      return {f, numeric::exp2(value), 1, true};
    default:
      return {f, value, 0, false};
  }
}

namespace {

std::string text_of(Reason code, const FeatureValue& v, const ExplainInput& in) {
  const wire::Event& event = *in.event;
  const std::string amount = format_decimal(event.amount, event.exponent);
  const std::string against = times(v.value, v.usual);
  switch (code) {
    case Reason::kAmtVsUsual:
      return "amount " + amount + " is " + against + " the 30-day mean " + fixed(v.usual, 2);
    case Reason::kAmtVsPayee:
      return "amount " + amount + " is " + against + " what this payee usually receives, " +
             fixed(v.usual, 2);
    case Reason::kVelocity:
      if (v.feature == Feature::kOutWeek) {
        return "payments of the last 7 days are " + fixed(v.value, 1) + "x an average week";
      }
      return short_number(v.value) + " payments in the last " +
             (v.feature == Feature::kOutCount1d   ? "day"
              : v.feature == Feature::kOutCount1m ? "minute"
                                                  : "hour") +
             ", usually " + short_number(v.usual);
    case Reason::kSumVsUsual:
      if (v.feature == Feature::kInSumVsUsual) {
        return "the payee received " + fixed(v.value, 1) + "x its usual daily sum";
      }
      return "sum of the last day " + fixed(v.value, 2) + " is " + against + " the usual " +
             fixed(v.usual, 2);
    case Reason::kNewPayee:
      return v.feature == Feature::kNewEdge ? "first payment to this payee"
                                            : "few payments to this payee so far";
    case Reason::kNewAccount:
      return std::string(v.feature == Feature::kCreditorAge ? "the payee" : "the payer") +
             " is known for " + short_number(v.value) + " days";
    case Reason::kUnusualHour:
      return "about " + fixed(v.value * 100, 1) + " % of the payer's payments are at this hour";
    case Reason::kDormant:
      return "no payment for " + time_text_of(v.value) +
             (v.has_usual ? ", usually one every " + time_text_of(v.usual) : std::string());
    case Reason::kPassThrough:
      return v.feature == Feature::kDwell
                 ? "money leaves " + time_text_of(v.value) + " after it came in"
                 : "what comes in goes out again: flow " + fixed(v.value, 2);
    case Reason::kFanOut:
      return "paid about " + short_number(v.value) + " different payees in two days";
    case Reason::kFanIn:
      return v.feature == Feature::kInCount1h
                 ? "the payee received " + short_number(v.value) + " payments in the last hour"
                 : "the payee was paid by about " + short_number(v.value) +
                       " different payers in two days";
    case Reason::kPayeeRisk:
      return "earlier payments to this payee were reported as fraud: rate " + fixed(v.value, 3);
    case Reason::kPayerRisk:
      return "earlier payments of this payer were reported as fraud: rate " + fixed(v.value, 3);
    case Reason::kNearLimit:
      return "amount " + amount + " is just under " + short_number(v.usual);
    case Reason::kRoundAmount:
      return "amount " + amount + " is round";
    default:
      return std::string(profile::feature_name(v.feature)) + " is unusual: " + fixed(v.value, 2);
  }
}

void add_listed(const ExplainInput& in, std::vector<FullReason>& reasons) {
  const auto add = [&](Reason code, std::string text) {
    FullReason& reason = reasons.emplace_back();
    reason.code = code;
    reason.text = std::move(text);
    reason.weight = 1;
  };
  if ((in.entity_flags & profile::kDeny) != 0) {
    add(Reason::kDenyList, "a party is on the deny list");
  }
  if ((in.core.flags & wire::kQuarantined) != 0) {
    add(Reason::kQuarantined, "a party is in quarantine");
  }
}

void add_rules(const ExplainInput& in, std::vector<FullReason>& reasons) {
  if (in.rules == nullptr) return;
  for (std::size_t i = 0; i < in.live_hits.size() && reasons.size() < kReasonsMax; ++i) {
    const FiredRule& fired = in.live_hits[i];
    const Rule& rule = in.rules->rules[fired.rule];
    if (rule.action == RuleAction::kTag) continue;
    FullReason& reason = reasons.emplace_back();
    reason.code = Reason::kRuleHit;
    reason.rule = rule.name;
    reason.weight = 1;
    reason.text = rule.because.empty() ? "rule " + rule.name : rule.because;
    if (!fired.comparison || *fired.comparison >= rule.comparisons.size()) continue;
    const RuleComparison& comparison = rule.comparisons[*fired.comparison];
    reason.value = fired.sides.left;
    reason.usual = fired.sides.right;
    reason.has_value = reason.has_usual = true;
    reason.text +=
        ": " + comparison.left + ' ' + side_text(fired.sides.left) + ' ' + comparison.relation;
    if (!comparison.constant) reason.text += ", which is " + side_text(fired.sides.right);
  }
}

void add_features(const ExplainInput& in, std::vector<FullReason>& reasons) {
  if (in.features == nullptr || in.event == nullptr) return;
  const std::vector<FeatureWeight> sorted = positive_by_weight(in.contributions);
  double total = 0;
  for (const FeatureWeight& c : sorted) total += static_cast<double>(c.weight);
  std::array<std::size_t, kFirst> first_of_code{};  // index + 1 in `reasons`
  for (const FeatureWeight& c : sorted) {
    const Reason code = reason_of_feature(c.feature);
    std::size_t& first = first_of_code[static_cast<std::size_t>(code)];
    const double share = static_cast<double>(c.weight) / total;
    if (first != 0) {
      reasons[first - 1].weight += share;
      continue;
    }
    if (reasons.size() >= kReasonsMax) continue;
    const FeatureValue value = usual_of_feature(c.feature, *in.event, in.features);
    FullReason& reason = reasons.emplace_back();
    first = reasons.size();
    reason.code = code;
    reason.text = text_of(code, value, in);
    reason.weight = share;
    reason.feature = profile::feature_name(c.feature);
    reason.value = value.value;
    reason.usual = value.usual;
    reason.has_value = true;
    reason.has_usual = value.has_usual;
  }
}

}  // namespace

std::vector<FullReason> explain_row(const ExplainInput& in) {
  std::vector<FullReason> reasons;
  reasons.reserve(kReasonsMax + 1);
  add_listed(in, reasons);
  add_rules(in, reasons);
  if ((in.core.flags & wire::kBreaker) != 0 && reasons.size() < kReasonsMax) {
    FullReason& reason = reasons.emplace_back();
    reason.code = Reason::kBreakerOpen;
    reason.text = "the decline breaker is open: too many blocks in its window";
    reason.weight = 1;
    if (in.rules != nullptr && in.rules->limit) {
      reason.usual = in.rules->limit->share_e6 / 1e6;
      reason.has_usual = true;
    }
  }
  add_features(in, reasons);
  return reasons;
}

}  // namespace weir::decide
