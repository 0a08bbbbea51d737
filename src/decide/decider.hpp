// Decider: from events, features and tails to verdicts. It owns the state of the rules (windows,
// breaker) and advances it row by row, so that verdicts do not depend on where batches are cut.
//
//   Decider decider(options);
//   WEIR_TRY(decider.set_rules(17, rule_set));  // at a block boundary, nothing in flight
//   WEIR_TRY(decider.decide(input, {verdicts, &hits}));     // verdicts[i].ledger_status stays 0
//
// Every rule is evaluated on every event; then classes apply in a fixed order: deny list (block) or
// quarantine (hold or block), allow, block, hold, alert. allow cancels block and hold of rules and
// scores, never deny, quarantine or alert. T = max(T_e, 9000 points) or their sum, against the
// first matching row of the thresholds. A verdict is flagged alert when an alert rule, the watch
// list or the alert threshold says so, and when a rule, the score or the deny list holds or blocks;
// quarantine by itself does not alert, and events marked kBackfill never do. Not thread-safe. No
// allocation once warm.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "decide/lists.hpp"
#include "decide/rules/rule_set.hpp"
#include "decide/sides.hpp"
#include "profile/columns.hpp"
#include "wire/dictionary.hpp"
#include "wire/verdict.hpp"

namespace weir::decide {

// Reasons of one verdict in full; VerdictCore keeps the codes of the first four.
inline constexpr std::size_t kReasonsMax = 8;

enum class Fusion : std::uint8_t { kMax, kSum };

struct DeciderOptions {
  Fusion fusion = Fusion::kMax;
  // Thresholds in millionths of a tail where no row of the rule set's table matches; 0: none.
  std::uint32_t alert_e6 = 4'000'000;
  std::uint32_t hold_e6 = 5'000'000;
  std::uint32_t block_e6 = 0;
  bool hold_on_failure = false;  // rows a detector could not score: hold instead of pass
};

// Bits of DecideInput::score_flags.
enum ScoreFlags : std::uint8_t {
  kScoreWarming = 1,
  kScoreNotApplicable = 4,
  kScoreUnavailable = 16,
};

// One batch. Shapes: [rows] each; empty spans mean "none".
struct DecideInput {
  const profile::EventColumns* columns = nullptr;
  const profile::FeatureMatrix* features = nullptr;
  std::span<const std::uint32_t> tail_e6;     // of the ensemble
  std::span<const std::uint8_t> score_flags;  // of the ensemble: ScoreFlags
  std::span<const std::uint32_t> detector_mask;
  const float* detector_tail = nullptr;  // detector-major, [names][tail_stride]
  std::size_t tail_stride = 0;
  std::span<const std::string_view> detector_names;
  std::span<const std::uint8_t> late;  // 1: later than the party's last event
  std::span<const std::uint8_t> profile_full;
  std::span<const std::int64_t> balance;  // debtor's available at the end of the previous block
  std::span<const std::uint8_t> balance_valid;
  Bytes side;  // the batch's side area
  const wire::Dictionary* dictionary = nullptr;
};

enum RuleHitFlags : std::uint16_t {
  kShadowHit = 1,  // a shadow rule, or a live one whose windows are warming
  kHasSides = 2,   // what it compared is known; Rule::comparisons[flags >> kComparisonShift]
};
inline constexpr unsigned kComparisonShift = 8;

// A rule that fired on a row; `rule` is its id in the rule set. Sorted by row, then live before
// shadow, then by the order of reasons. Sides are kept for what reasons show: the first
// kReasonsMax live hits, tags aside, of rows that alert, hold or block.
struct RuleHit {
  std::uint32_t row;
  std::uint16_t rule;
  std::uint16_t flags;  // RuleHitFlags
};

struct DecideOutput {
  std::span<wire::VerdictCore> verdicts;
  std::vector<RuleHit>* hits = nullptr;    // replaced; not owned
  std::vector<HitSides>* sides = nullptr;  // of the hits with kHasSides, in their order; likewise
};

struct RuleHits {
  std::uint64_t live = 0;
  std::uint64_t shadow = 0;
  std::uint64_t warming = 0;  // fired while its windows were warming, without effect
  // Amounts of the live hits (of a shadow rule: of its hits), in 1/10,000 of their currencies,
  // added up as they come; what is finer is cut off, and the sum saturates.
  std::int64_t value_e4 = 0;
};

class WindowBank;
struct BlockAgain;

class Decider {
 public:
  explicit Decider(const DeciderOptions& options);
  ~Decider();
  Decider(const Decider&) = delete;
  Decider& operator=(const Decider&) = delete;

  // Puts a rule set in force: windows with equal text keep their state, others start empty
  // (warming).
  Status set_rules(std::uint32_t version, std::shared_ptr<const RuleSet> rules);
  // Puts the named lists used by `in @name` in force. The deny, allow and watch marks come with the
  // events.
  void set_lists(std::uint32_t version, std::shared_ptr<const Lists> lists);
  void set_options(const DeciderOptions& options);
  // Treats every window as warm: its state was filled from the log.
  void mark_warm();

  // Decides all rows in order. Errors: invalid_argument if a span is neither empty nor [rows], and
  // those of RuleSet::link.
  Status decide(const DecideInput& input, const DecideOutput& output);

  // Goes on as if it had decided these rows so: advances windows, breaker and counts. Scores are
  // read only where RuleSet::windows_read_scores(). data_loss (rule_hits) if a rule that is not
  // there has fired.
  Status follow(const DecideInput& input, std::span<const wire::VerdictCore> verdicts,
                std::span<const RuleHit> hits);

  const RuleSet* rules() const;
  std::uint32_t rules_version() const;
  std::uint32_t lists_version() const;
  std::span<const RuleHits> rule_hits() const;  // [rules], since set_rules with another text
  const ListIndex& lists() const;
  bool breaker_open() const;

  struct WindowStats {
    std::string name, text, coverage;
    std::size_t keys, bytes, bytes_per_key;
    std::uint64_t rejected;
    bool warm;
  };
  std::vector<WindowStats> window_stats() const;

  // Writes and reads breaker, hit counters and how far the windows have come, for the rule set in
  // force. On data_loss the Decider is unchanged.
  void save(ByteWriter& out) const;
  Status load(ByteReader& in);
  // What the windows hold: pieces one behind the other, as WindowPieces copies them. load_windows()
  // takes nothing behind them, and changes nothing on data_loss.
  const WindowBank& windows() const;
  Status load_windows(ByteReader& in);
  // Feeds rows that come again after load_windows() to the windows that are behind them.
  Status feed_behind(const DecideInput& input, const BlockAgain& again);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::decide
