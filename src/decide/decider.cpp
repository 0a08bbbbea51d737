#include "decide/decider.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "decide/breaker.hpp"
#include "decide/inputs.hpp"
#include "decide/window_bank.hpp"

namespace weir::decide {

using wire::Outcome;
using wire::Reason;
using wire::VerdictCore;

namespace {

constexpr std::uint32_t kTailPerPoint = 9'000;

std::uint32_t level_or_none(std::uint32_t threshold_e6) {
  return threshold_e6 == 0 ? kNoThreshold : threshold_e6;
}

// What the rules say about one row.
struct RowRules {
  bool allow = false, block = false, hold = false, alert = false;
  bool suppressed = false;  // a live rule fired while its windows were warming
  std::int32_t points = 0;
  std::uint32_t top_rule = 0;
  std::uint16_t live = 0, shadow = 0;
  std::uint16_t reasons = 0;  // hits that are reasons: all but tags
};

void add_reason(VerdictCore& core, Reason reason) {
  if (core.reason_count < 4) core.reasons[core.reason_count] = static_cast<std::uint16_t>(reason);
  if (core.reason_count != 255) ++core.reason_count;
}

// Returns an amount in 1/10,000 of its currency; INT64_MAX if it is larger.
std::int64_t amount_e4(const wire::Event& event) {
  constexpr std::int64_t kPowers[] = {1,       10,        100,        1'000,      10'000,
                                      100'000, 1'000'000, 10'000'000, 100'000'000};
  const int down = std::min<int>(event.exponent, 12) - 4;
  if (down >= 0) return event.amount / kPowers[down];
  std::int64_t scaled = 0;
  return __builtin_mul_overflow(event.amount, kPowers[-down], &scaled) ? INT64_MAX : scaled;
}

template <class T>
bool fits(std::span<const T> column, std::size_t rows) {
  return column.empty() || column.size() == rows;
}

}  // namespace

struct Decider::State {
  DeciderOptions options;
  std::uint32_t rules_version = 0;
  std::uint32_t lists_version = 0;
  std::shared_ptr<const RuleSet> rules = std::make_shared<const RuleSet>();
  std::shared_ptr<const Lists> lists;
  LinkedRules linked;
  std::uint64_t dictionary_size = 0;
  ListIndex index;
  bool index_made = false;
  InputColumns columns;
  WindowBank windows;
  Breaker breaker;
  std::vector<RuleHits> counts;

  std::unique_ptr<expr::Scratch> scratch;
  std::vector<expr::OutputView> outputs;
  std::vector<std::uint64_t> output_bits;  // [outputs][kChunkWords]
  std::vector<RuleHit> unsorted;           // of a chunk, by rule
  std::vector<RuleHit> hits;               // of a chunk, by row
  SidesProgram sides;
  std::vector<std::uint32_t> reasoned;  // rows of a chunk that show what their rules compared
  std::vector<std::uint32_t> hit_begin = std::vector<std::uint32_t>(kChunkRows + 1);

  void use_program(LinkedRules made);
  Status refresh(const DecideInput& in);
  template <class Step>
  Status each_chunk(const DecideInput& in, const Step& step);
  Status run_chunk(const DecideInput& in, std::size_t begin, std::size_t rows,
                   const DecideOutput& out);
  void collect_hits(std::size_t rows);
  void collect_rule(std::uint32_t rule, std::size_t from, std::size_t to, bool shadow);
  void sort_hits(std::size_t rows);
  std::size_t warm_row(const Rule& rule, std::size_t rows) const;
  RowRules rules_of_row(std::size_t i) const;
  CompiledThreshold threshold_of_row(std::size_t i) const;
  void count_values(const wire::Event* events);
  Status add_sides(std::span<const VerdictCore> verdicts, std::vector<HitSides>& out);
  VerdictCore decide_row(const DecideInput& in, std::size_t row, std::size_t i);
};

void Decider::State::use_program(LinkedRules made) {
  linked = std::move(made);
  windows.set_program(linked);
  sides.set_rules(*rules, linked);
  if (!linked.decide) return;
  outputs.assign(linked.decide->outputs(), {});
  output_bits.assign(outputs.size() * kChunkWords, 0);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    outputs[i].data = output_bits.data() + i * kChunkWords;
  }
  scratch = std::make_unique<expr::Scratch>(*linked.decide);
}

// Looks texts up again that the dictionary has learned since, before any row that could carry them.
Status Decider::State::refresh(const DecideInput& in) {
  const bool grown = in.dictionary != nullptr && in.dictionary->size() != dictionary_size;
  if (grown) {
    dictionary_size = in.dictionary->size();
    const bool learned = std::any_of(
        linked.unknown.begin(), linked.unknown.end(),
        [&](const UnknownText& text) { return in.dictionary->find(text.space, text.text) != 0; });
    if (learned) {
      WEIR_ASSIGN(LinkedRules made, rules->link(in.dictionary));
      use_program(std::move(made));
    }
  }
  if (lists != nullptr && (!index_made || (grown && index.outdated(in.dictionary)))) {
    ListIndex fresh(*lists, in.dictionary, rules->masking);
    fresh.keep_hits(index);
    index = std::move(fresh);
    index_made = true;
  }
  return Status::ok();
}

std::size_t Decider::State::warm_row(const Rule& rule, std::size_t rows) const {
  if (!rule.when_warm || windows.all_warm()) return 0;
  std::size_t first = 0;
  for (const std::uint32_t window : rule.windows) first = std::max(first, windows.warm_row(window));
  return std::min(first, rows);
}

void Decider::State::collect_rule(std::uint32_t rule, std::size_t from, std::size_t to,
                                  bool shadow) {
  const std::uint64_t* bits = output_bits.data() + linked.rule_outputs[rule] * kChunkWords;
  for (std::size_t w = from / 64; w * 64 < to; ++w) {
    std::uint64_t word = bits[w];
    while (word != 0) {
      const std::size_t row = w * 64 + static_cast<std::size_t>(__builtin_ctzll(word));
      word &= word - 1;
      if (row < from || row >= to) continue;
      const auto flags = static_cast<std::uint16_t>(shadow ? kShadowHit : 0);
      unsorted.push_back(
          {static_cast<std::uint32_t>(row), static_cast<std::uint16_t>(rule), flags});
    }
  }
}

void Decider::State::collect_hits(std::size_t rows) {
  unsorted.clear();
  for (const std::uint32_t r : rules->order) {
    const Rule& rule = rules->rules[r];
    if (rule.shadow) continue;
    const std::size_t before = unsorted.size();
    collect_rule(r, warm_row(rule, rows), rows, false);
    counts[r].live += unsorted.size() - before;
  }
  for (const std::uint32_t r : rules->order) {
    const Rule& rule = rules->rules[r];
    const std::size_t before = unsorted.size();
    collect_rule(r, 0, rule.shadow ? rows : warm_row(rule, rows), true);
    (rule.shadow ? counts[r].shadow : counts[r].warming) += unsorted.size() - before;
  }
  sort_hits(rows);
}

// Counting sort by row; hits of a row keep the order in which they were collected.
void Decider::State::sort_hits(std::size_t rows) {
  std::fill(hit_begin.begin(), hit_begin.begin() + static_cast<std::ptrdiff_t>(rows) + 1, 0U);
  for (const RuleHit& hit : unsorted) ++hit_begin[hit.row + 1];
  for (std::size_t i = 0; i < rows; ++i) hit_begin[i + 1] += hit_begin[i];
  hits.resize(unsorted.size());
  for (const RuleHit& hit : unsorted) hits[hit_begin[hit.row]++] = hit;
  // The begins have moved to the ends of their rows: shift them back.
  for (std::size_t i = rows; i > 0; --i) hit_begin[i] = hit_begin[i - 1];
  hit_begin[0] = 0;
}

RowRules Decider::State::rules_of_row(std::size_t i) const {
  RowRules row;
  for (std::uint32_t h = hit_begin[i]; h < hit_begin[i + 1]; ++h) {
    const Rule& rule = rules->rules[hits[h].rule];
    if ((hits[h].flags & kShadowHit) != 0) {
      if (row.shadow != 0xFFFF) ++row.shadow;
      row.suppressed |= !rule.shadow;
      continue;
    }
    if (row.live == 0) row.top_rule = hits[h].rule + 1U;
    if (row.live != 0xFFFF) ++row.live;
    row.reasons = static_cast<std::uint16_t>(row.reasons + (rule.action != RuleAction::kTag));
    row.allow |= rule.action == RuleAction::kAllow;
    row.block |= rule.action == RuleAction::kBlock;
    row.hold |= rule.action == RuleAction::kHold;
    row.alert |= rule.action == RuleAction::kAlert;
    if (rule.action == RuleAction::kScore) row.points += rule.points;
  }
  row.points = std::clamp(row.points, 0, kPointsMax);
  return row;
}

CompiledThreshold Decider::State::threshold_of_row(std::size_t i) const {
  for (std::size_t t = 0; t < rules->thresholds.size(); ++t) {
    const bool always = !rules->thresholds[t].where.has_value();
    if (always) return rules->thresholds[t];
    const std::size_t bits = *linked.threshold_outputs[t] * kChunkWords;
    if ((output_bits[bits + i / 64] >> i % 64 & 1) != 0) return rules->thresholds[t];
  }
  return {{},
          level_or_none(options.alert_e6),
          level_or_none(options.hold_e6),
          level_or_none(options.block_e6)};
}

VerdictCore Decider::State::decide_row(const DecideInput& in, std::size_t row, std::size_t i) {
  const wire::Event& event = in.columns->events[row];
  const std::uint16_t entity =
      in.columns->entity_flags.empty() ? std::uint16_t{0} : in.columns->entity_flags[row];
  const std::uint8_t score_flags = in.score_flags.empty() ? std::uint8_t{0} : in.score_flags[row];
  const RowRules said = rules_of_row(i);
  const CompiledThreshold level = threshold_of_row(i);

  VerdictCore core{};
  const std::uint32_t tail = in.tail_e6.empty() ? 0U : std::min(in.tail_e6[row], kTailMax);
  const std::uint32_t from_rules = kTailPerPoint * static_cast<std::uint32_t>(said.points);
  core.tail_e6 = options.fusion == Fusion::kMax ? std::max(tail, from_rules)
                                                : std::min(kTailMax, tail + from_rules);
  const bool scores_block = core.tail_e6 >= level.block_e6;
  const bool scores_hold = core.tail_e6 >= level.hold_e6;
  const bool scores_alert = core.tail_e6 >= level.alert_e6;
  core.threshold_e6 = scores_block ? level.block_e6 : scores_hold ? level.hold_e6 : level.alert_e6;
  const bool unscored = (score_flags & kScoreUnavailable) != 0;

  const bool denied = (entity & profile::kDeny) != 0;
  const bool quarantined = (entity & profile::kQuarantined) != 0;
  const bool allowed = said.allow || (entity & profile::kAllow) != 0;
  const bool wants_block = !allowed && (said.block || scores_block);
  const bool wants_hold =
      !allowed && (said.hold || scores_hold || (unscored && options.hold_on_failure));
  const bool exempt = denied || quarantined;
  const bool converted = breaker.step(event.time_us, wants_block && !exempt);

  Outcome outcome = Outcome::kPass;
  bool alert = said.alert || scores_alert || (entity & profile::kWatch) != 0;
  if (wants_hold) outcome = Outcome::kHold;
  if (wants_block) outcome = Outcome::kBlock;
  if (converted) {
    outcome = breaker.limit().then_hold || wants_hold ? Outcome::kHold : Outcome::kPass;
  }
  alert |= wants_block || wants_hold;
  if (quarantined) {
    const bool blocks = (entity & profile::kQuarantineBlocks) != 0;
    outcome = blocks ? Outcome::kBlock : std::max(outcome, Outcome::kHold);
  }
  if (denied) outcome = Outcome::kBlock;
  alert |= denied;
  alert &= (event.flags & wire::kBackfill) == 0;

  core.outcome = static_cast<std::uint8_t>(outcome);
  const auto flag = [&](bool on, wire::VerdictFlags bit) {
    core.flags = static_cast<std::uint8_t>(core.flags | (on ? bit : 0));
  };
  flag(alert, wire::kAlert);
  flag(!in.late.empty() && in.late[row] != 0, wire::kLate);
  flag(converted, wire::kBreaker);
  flag(allowed, wire::kAllowed);
  flag(quarantined, wire::kQuarantined);
  flag(said.suppressed || (score_flags & kScoreWarming) != 0, wire::kWarming);
  flag(!in.profile_full.empty() && in.profile_full[row] != 0, wire::kProfileFull);

  if (denied) add_reason(core, Reason::kDenyList);
  if (quarantined) add_reason(core, Reason::kQuarantined);
  for (unsigned n = 0; n < said.reasons; ++n) add_reason(core, Reason::kRuleHit);
  if (converted) add_reason(core, Reason::kBreakerOpen);
  if (unscored && wants_hold && !said.hold && !scores_hold) add_reason(core, Reason::kDetector);
  core.top_rule = said.top_rule;
  core.live_hits = said.live;
  core.shadow_hits = said.shadow;
  core.detector_mask = in.detector_mask.empty() ? 0U : in.detector_mask[row];
  return core;
}

void Decider::State::count_values(const wire::Event* events) {
  for (const RuleHit& hit : hits) {
    const bool effective = (hit.flags & kShadowHit) == 0 || rules->rules[hit.rule].shadow;
    if (!effective) continue;
    std::int64_t& sum = counts[hit.rule].value_e4;
    if (__builtin_add_overflow(sum, amount_e4(events[hit.row]), &sum)) sum = INT64_MAX;
  }
}

// What a row's reasons will show is taken now: later its windows have moved on.
Status Decider::State::add_sides(std::span<const VerdictCore> verdicts,
                                 std::vector<HitSides>& out) {
  reasoned.clear();
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const bool plain = verdicts[i].outcome == 0 && (verdicts[i].flags & wire::kAlert) == 0;
    if (!plain && verdicts[i].live_hits != 0) reasoned.push_back(static_cast<std::uint32_t>(i));
  }
  WEIR_TRY(sides.run(columns.views(), reasoned));
  for (std::size_t nth = 0; nth < reasoned.size(); ++nth) {
    std::size_t shown = 0;
    const std::uint32_t row = reasoned[nth];
    for (std::uint32_t h = hit_begin[row]; h < hit_begin[row + 1] && shown < kReasonsMax; ++h) {
      RuleHit& hit = hits[h];
      if ((hit.flags & kShadowHit) != 0) break;
      if (rules->rules[hit.rule].action == RuleAction::kTag) continue;
      ++shown;
      unsigned comparison = 0;
      HitSides values;
      if (!sides.find(hit.rule, nth, comparison, values)) continue;
      hit.flags = static_cast<std::uint16_t>(kHasSides | comparison << kComparisonShift);
      out.push_back(values);
    }
  }
  return Status::ok();
}

// Binds the rows a chunk at a time and calls step(begin, rows) for each.
template <class Step>
Status Decider::State::each_chunk(const DecideInput& in, const Step& step) {
  const std::size_t rows = in.columns->rows();
  WEIR_TRY(refresh(in));
  windows.begin_batch(rows);
  for (std::size_t begin = 0; begin < rows; begin += kChunkRows) {
    const std::size_t count = std::min(kChunkRows, rows - begin);
    columns.bind(in, begin, count, lists != nullptr ? &index : nullptr);
    WEIR_TRY(step(begin, count));
  }
  return Status::ok();
}

Status Decider::State::run_chunk(const DecideInput& in, std::size_t begin, std::size_t rows,
                                 const DecideOutput& out) {
  WEIR_TRY(windows.run(linked, in, begin, rows, columns));
  if (linked.decide) {
    WEIR_TRY(linked.decide->evaluate(columns.views(), rows, *scratch, outputs));
  }
  collect_hits(rows);
  for (std::size_t i = 0; i < rows; ++i) out.verdicts[begin + i] = decide_row(in, begin + i, i);
  count_values(in.columns->events.data() + begin);
  if (out.sides != nullptr) WEIR_TRY(add_sides(out.verdicts.subspan(begin, rows), *out.sides));
  if (out.hits != nullptr) {
    for (RuleHit hit : hits) {
      hit.row += static_cast<std::uint32_t>(begin);
      out.hits->push_back(hit);
    }
  }
  return Status::ok();
}

Decider::Decider(const DeciderOptions& options) : state_(std::make_unique<State>()) {
  state_->options = options;
  state_->columns.set_rules(*state_->rules);
}
Decider::~Decider() = default;

Status Decider::set_rules(std::uint32_t version, std::shared_ptr<const RuleSet> rules) {
  CHECK(rules != nullptr);
  State& s = *state_;
  const std::shared_ptr<const RuleSet> before = std::exchange(s.rules, std::move(rules));
  s.rules_version = version;
  s.windows.set_rules(*s.rules);
  s.columns.set_rules(*s.rules);
  s.breaker.set_limit(s.rules->limit);
  // The same text with other thresholds goes on counting.
  if (before->digest != s.rules->digest) s.counts.assign(s.rules->rules.size(), {});
  s.counts.resize(s.rules->rules.size());
  s.use_program(s.rules->linked);
  s.dictionary_size = 0;
  return Status::ok();
}

void Decider::set_lists(std::uint32_t version, std::shared_ptr<const Lists> lists) {
  state_->lists_version = version;
  state_->lists = std::move(lists);
  state_->index_made = false;
}

void Decider::set_options(const DeciderOptions& options) {
  state_->options = options;
}
void Decider::mark_warm() {
  state_->windows.mark_warm();
}

Status Decider::decide(const DecideInput& in, const DecideOutput& out) {
  CHECK(in.columns != nullptr);
  const std::size_t rows = in.columns->rows();
  const bool shaped = out.verdicts.size() == rows && fits(in.tail_e6, rows) &&
                      fits(in.score_flags, rows) && fits(in.detector_mask, rows) &&
                      fits(in.late, rows) && fits(in.profile_full, rows) &&
                      fits(in.balance, rows) && fits(in.balance_valid, rows) &&
                      fits(in.columns->entity_flags, rows) &&
                      (in.features == nullptr || in.features->rows() == rows);
  if (!shaped) return invalid_argument("shape", "a column of the batch has another length");
  State& s = *state_;
  if (out.hits != nullptr) out.hits->clear();
  if (out.sides != nullptr) out.sides->clear();
  return s.each_chunk(
      in, [&](std::size_t begin, std::size_t count) { return s.run_chunk(in, begin, count, out); });
}

Status Decider::follow(const DecideInput& in, std::span<const VerdictCore> verdicts,
                       std::span<const RuleHit> hits) {
  CHECK(in.columns != nullptr);
  const std::size_t rows = in.columns->rows();
  CHECK_EQ(verdicts.size(), rows);
  State& s = *state_;
  WEIR_TRY(s.each_chunk(in, [&](std::size_t begin, std::size_t count) {
    return s.windows.run(s.linked, in, begin, count, s.columns);
  }));
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint16_t entity =
        in.columns->entity_flags.empty() ? std::uint16_t{0} : in.columns->entity_flags[row];
    const bool exempt = (entity & (profile::kDeny | profile::kQuarantined)) != 0;
    const bool blocked = verdicts[row].outcome == static_cast<std::uint8_t>(Outcome::kBlock);
    const bool converted = (verdicts[row].flags & wire::kBreaker) != 0;
    s.breaker.step(in.columns->events[row].time_us, !exempt && (blocked || converted));
  }
  for (const RuleHit& hit : hits) {
    if (hit.rule >= s.counts.size() || hit.row >= rows) {
      return data_loss("rule_hits", "rule " + std::to_string(hit.rule) + " has fired on row " +
                                        std::to_string(hit.row) + ", and is not there");
    }
    RuleHits& counts = s.counts[hit.rule];
    const bool shadow = (hit.flags & kShadowHit) != 0;
    ++(!shadow ? counts.live : s.rules->rules[hit.rule].shadow ? counts.shadow : counts.warming);
  }
  s.hits.assign(hits.begin(), hits.end());
  s.count_values(in.columns->events.data());
  return Status::ok();
}

const WindowBank& Decider::windows() const {
  return state_->windows;
}

Status Decider::load_windows(ByteReader& in) {
  return state_->windows.load(in);
}

Status Decider::feed_behind(const DecideInput& in, const BlockAgain& again) {
  State& s = *state_;
  return s.each_chunk(in, [&](std::size_t begin, std::size_t count) {
    return s.windows.run_behind(s.linked, in, begin, count, s.columns, again);
  });
}

const RuleSet* Decider::rules() const {
  return state_->rules.get();
}
std::uint32_t Decider::rules_version() const {
  return state_->rules_version;
}
std::uint32_t Decider::lists_version() const {
  return state_->lists_version;
}
std::span<const RuleHits> Decider::rule_hits() const {
  return state_->counts;
}
const ListIndex& Decider::lists() const {
  return state_->index;
}
bool Decider::breaker_open() const {
  return state_->breaker.open();
}
std::vector<Decider::WindowStats> Decider::window_stats() const {
  return state_->windows.stats();
}

void Decider::save(ByteWriter& out) const {
  const State& s = *state_;
  out.u32(s.rules_version);
  out.raw(s.rules->digest);
  s.breaker.save(out);
  out.u32(static_cast<std::uint32_t>(s.counts.size()));
  for (const RuleHits& hits : s.counts) {
    out.u64(hits.live);
    out.u64(hits.shadow);
    out.u64(hits.warming);
    out.i64(hits.value_e4);
  }
  s.windows.save_progress(out);
}

Status Decider::load(ByteReader& in) {
  State& s = *state_;
  const std::uint32_t version = in.u32();
  const Bytes digest = in.raw(s.rules->digest.size());
  if (!in.ok() || !std::equal(digest.begin(), digest.end(), s.rules->digest.begin())) {
    return data_loss("rules_digest", "the snapshot belongs to other rules");
  }
  Breaker breaker = s.breaker;
  WEIR_TRY(breaker.load(in));
  std::vector<RuleHits> counts(s.counts.size());
  if (in.u32() != counts.size()) return data_loss("rules_count", "the snapshot is damaged");
  for (RuleHits& hits : counts) hits = {in.u64(), in.u64(), in.u64(), in.i64()};
  if (!in.ok()) return data_loss("decider_cut", "the snapshot ends too early");
  WEIR_TRY(s.windows.load_progress(in));
  s.rules_version = version;
  s.breaker = breaker;
  s.counts = std::move(counts);
  return Status::ok();
}

}  // namespace weir::decide
