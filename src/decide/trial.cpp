#include "decide/trial.hpp"

#include <algorithm>
#include <cstdio>

#include "base/check.hpp"

namespace weir::decide {
namespace {

constexpr std::string_view kLabelNames[] = {"fraud", "legit", "unlabelled"};

double value_of(const wire::Event& event) {
  static constexpr double kPowers[] = {1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                       1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
  return static_cast<double>(event.amount) / kPowers[std::min<unsigned>(event.exponent, 12)];
}

void add_cell(TrialMatrix& matrix, TrialLabel label, std::uint8_t before, double value) {
  TrialCell& cell = matrix.cells[static_cast<std::size_t>(label)][before];
  ++cell.events;
  cell.value += value;
}

TrialLabel label_of(const TrialBatch& batch, std::size_t row) {
  return batch.labels.empty() ? TrialLabel::kUnlabelled : batch.labels[row];
}

double ratio(double a, double b) {
  return b > 0 ? a / b : -1;
}

double events_of(const TrialMatrix& matrix, TrialLabel label) {
  return static_cast<double>(matrix.sum(label).events);
}

std::string cell(double value, int decimals) {
  if (value < 0) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

// Rates and ratios of any size in at most six places: 0.4, 87.5, 1234, 56.7k, 8.9M.
std::string human(double value) {
  constexpr char kUnits[] = {'k', 'M', 'G', 'T'};
  if (value < 1000) return cell(value, 1);
  if (value < 10'000) return cell(value, 0);
  std::size_t unit = 0;
  for (value /= 1000; value >= 999.95 && unit + 1 < std::size(kUnits); value /= 1000) ++unit;
  return cell(value, 1) + kUnits[unit];
}

using Row = std::vector<std::string>;

// The first column to the left, the others to the right, each as wide as its widest cell.
std::string table(const std::vector<Row>& rows) {
  constexpr std::size_t kGap = 2;
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    text += row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (std::size_t i = 1; i < row.size(); ++i) {
      text.append(kGap + widths[i] - row[i].size(), ' ');
      text += row[i];
    }
    text += '\n';
  }
  return text;
}

}  // namespace

TrialCell TrialMatrix::sum(TrialLabel label) const {
  TrialCell sum;
  for (const TrialCell& c : cells[static_cast<std::size_t>(label)]) {
    sum.events += c.events;
    sum.value += c.value;
  }
  return sum;
}

std::uint64_t TrialMatrix::events() const {
  return sum(TrialLabel::kFraud).events + sum(TrialLabel::kLegit).events +
         sum(TrialLabel::kUnlabelled).events;
}

double TrialReport::precision(const TrialMatrix& hits) const {
  const double fraud = events_of(hits, TrialLabel::kFraud);
  return ratio(fraud, fraud + events_of(hits, TrialLabel::kLegit));
}

double TrialReport::recall(const TrialMatrix& hits) const {
  return ratio(events_of(hits, TrialLabel::kFraud), events_of(seen, TrialLabel::kFraud));
}

double TrialReport::per_day(const TrialMatrix& hits) const {
  return days < 1 ? -1 : ratio(static_cast<double>(hits.events()), days);
}

double TrialReport::false_per_true(const TrialMatrix& hits) const {
  return ratio(events_of(hits, TrialLabel::kLegit), events_of(hits, TrialLabel::kFraud));
}

double TrialReport::value_caught(const TrialMatrix& hits) const {
  return ratio(hits.sum(TrialLabel::kFraud).value, seen.sum(TrialLabel::kFraud).value);
}

std::string TrialReport::to_text() const {
  std::vector<Row> lines = {{"would have hit", "fraud", "legit", "unlabelled", "per day",
                             "precision", "recall", "FP:TP", "value"}};
  const auto add = [&](const TrialRow& row) {
    Row& line = lines.emplace_back();
    line.push_back(row.name + " (" + row.action + (row.shadow ? ", shadow)" : ")"));
    for (const TrialLabel label :
         {TrialLabel::kFraud, TrialLabel::kLegit, TrialLabel::kUnlabelled}) {
      line.push_back(std::to_string(row.hits.sum(label).events));
    }
    line.push_back(human(per_day(row.hits)));
    line.push_back(cell(precision(row.hits), 3));
    line.push_back(cell(recall(row.hits), 3));
    line.push_back(human(false_per_true(row.hits)));
    line.push_back(cell(value_caught(row.hits), 3));
  };
  for (const TrialRow& row : rules) add(row);
  add(total);
  return table(lines) + std::to_string(changed) + " of " + std::to_string(events) +
         " outcomes would change\n";
}

void TrialReport::write(JsonWriter& json) const {
  const auto number = [&](const char* key, double value) {
    json.key(key);
    value < 0 ? json.null() : json.f64(value);
  };
  const auto row = [&](const TrialRow& r) {
    json.begin_object().key("name").string(r.name).key("action").string(r.action);
    json.key("shadow").boolean(r.shadow).key("hits").begin_object();
    for (std::size_t label = 0; label < 3; ++label) {
      json.key(kLabelNames[label]).begin_object();
      for (std::size_t before = 0; before < 3; ++before) {
        const TrialCell& c = r.hits.cells[label][before];
        json.key(wire::outcome_name(static_cast<wire::Outcome>(before))).begin_object();
        json.key("events").u64(c.events).key("value").f64(c.value).end_object();
      }
      json.end_object();
    }
    json.end_object();
    number("per_day", per_day(r.hits));
    number("precision", precision(r.hits));
    number("recall", recall(r.hits));
    number("false_per_true", false_per_true(r.hits));
    number("value_caught", value_caught(r.hits));
    json.end_object();
  };
  json.begin_object().key("events").u64(events).key("days").f64(days);
  json.key("changed").u64(changed).key("total");
  row(total);
  json.key("rules").begin_array();
  for (const TrialRow& r : rules) row(r);
  json.end_array().key("changes").begin_array();
  for (const TrialChange& change : changes) {
    json.begin_object().key("seq").u64(change.seq);
    json.key("before").string(wire::outcome_name(change.before));
    json.key("after").string(wire::outcome_name(change.after));
    json.key("rule").string(change.rule).end_object();
  }
  json.end_array().end_object();
}

RuleTrial::RuleTrial(std::shared_ptr<const RuleSet> candidate, const DeciderOptions& options)
    : rules_(std::move(candidate)), decider_(options) {
  const Status status = decider_.set_rules(1, rules_);
  CHECK(status.is_ok());
  for (const Rule& rule : rules_->rules) {
    report_.rules.push_back(
        {rule.name, std::string(rule_action_name(rule.action)), rule.shadow, {}});
  }
  report_.total.name = "total";
  report_.total.action = "alert, hold, block";
}

void RuleTrial::count_row(const TrialBatch& batch, std::size_t row, const wire::VerdictCore& now) {
  const wire::Event& event = batch.input.columns->events[row];
  const TrialLabel label = label_of(batch, row);
  const std::uint8_t before = batch.previous[row].outcome;
  const double value = value_of(event);
  add_cell(report_.seen, label, before, value);
  if (now.outcome != 0 || (now.flags & wire::kAlert) != 0) {
    add_cell(report_.total.hits, label, before, value);
  }
  first_us_ = first_us_ < 0 ? event.time_us : std::min(first_us_, event.time_us);
  last_us_ = std::max(last_us_, event.time_us);
  if (now.outcome == before) return;
  ++report_.changed;
  if (report_.changes.size() == kTrialChangesMax) return;
  report_.changes.push_back(
      {batch.first_seq + row, static_cast<wire::Outcome>(before),
       static_cast<wire::Outcome>(now.outcome),
       now.top_rule != 0 ? rules_->rules[now.top_rule - 1].name : std::string()});
}

Status RuleTrial::add(const TrialBatch& batch) {
  const std::size_t rows = batch.input.columns->rows();
  const bool shaped =
      batch.previous.size() == rows && (batch.labels.empty() || batch.labels.size() == rows);
  if (!shaped) return invalid_argument("shape", "a column of the trial has another length");
  for (const wire::VerdictCore& before : batch.previous) {
    if (before.outcome > 2)
      return invalid_argument("outcome", "a previous outcome is none of 0..2");
  }
  verdicts_.resize(rows);
  WEIR_TRY(decider_.decide(batch.input, {verdicts_, &hits_}));
  for (std::size_t row = 0; row < rows; ++row) count_row(batch, row, verdicts_[row]);
  for (const RuleHit& hit : hits_) {
    const bool warming = (hit.flags & kShadowHit) != 0 && !rules_->rules[hit.rule].shadow;
    if (warming) continue;
    add_cell(report_.rules[hit.rule].hits, label_of(batch, hit.row),
             batch.previous[hit.row].outcome, value_of(batch.input.columns->events[hit.row]));
  }
  report_.events += rows;
  return Status::ok();
}

TrialReport RuleTrial::report() const {
  TrialReport report = report_;
  report.days = last_us_ > first_us_
                    ? static_cast<double>(last_us_ - first_us_) / static_cast<double>(kDay)
                    : 0;
  return report;
}

}  // namespace weir::decide
