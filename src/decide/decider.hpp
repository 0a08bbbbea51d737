// Decider: from events, features and tails to verdicts. It owns the state of the rules (windows, breaker)
// and advances it row by row, so that verdicts do not depend on where batches are cut.
//
//   Decider decider(options);
//   WEIR_TRY(decider.set_rules(17, rule_set));              // at a block boundary, nothing in flight
//   decider.decide(input, {verdicts, hits});                // verdicts[i].ledger_status stays 0
//
// This is the interface the pass (src/gate) is written against. Not thread-safe. No allocation once warm.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "profile/columns.hpp"
#include "wire/dictionary.hpp"
#include "wire/verdict.hpp"

namespace weir::decide {

class RuleSet;  // decide/rules/rule_set.hpp: compiled, immutable
class Lists;    // decide/lists.hpp

enum class Fusion : std::uint8_t { kMax, kSum };

struct DeciderOptions {
  Fusion fusion = Fusion::kMax;
  // Thresholds in millionths of a tail; 0: none.
  std::uint32_t alert_e6 = 4'000'000;
  std::uint32_t hold_e6 = 5'000'000;
  std::uint32_t block_e6 = 0;
  bool hold_on_failure = false;  // rows a detector could not score: hold instead of pass
  std::uint32_t window_keys_max = 1U << 20;
};

// One batch. Shapes: [rows] each; empty spans mean "none".
struct DecideInput {
  const profile::EventColumns* columns = nullptr;
  const profile::FeatureMatrix* features = nullptr;
  std::span<const std::uint32_t> tail_e6;        // of the ensemble
  std::span<const std::uint8_t> score_flags;     // detect's ScoreFlags: 1 warming, 4 n/a, 16 unavailable
  std::span<const std::uint32_t> detector_mask;
  const float* detector_tail = nullptr;          // detector-major, [names][tail_stride]
  std::size_t tail_stride = 0;
  std::span<const std::string_view> detector_names;
  std::span<const std::uint8_t> late;            // 1: later than the party's last event
  std::span<const std::uint8_t> profile_full;
  std::span<const std::int64_t> balance;         // debtor's available at the end of the previous block
  std::span<const std::uint8_t> balance_valid;
  Bytes side;                                    // the batch's side area
  const wire::Dictionary* dictionary = nullptr;
};

// A rule that fired on a row; `rule` is its id in the rule set. Sorted by row, then by the order of reasons.
struct RuleHit {
  std::uint32_t row;
  std::uint16_t rule;
  std::uint16_t shadow;  // 1: a shadow rule
};

struct DecideOutput {
  std::span<wire::VerdictCore> verdicts;
  std::vector<RuleHit>* hits = nullptr;  // replaced; not owned
};

class Decider {
 public:
  explicit Decider(const DeciderOptions& options);
  ~Decider();
  Decider(const Decider&) = delete;
  Decider& operator=(const Decider&) = delete;

  // Puts a rule set in force: windows with equal text keep their state, others start empty (warming).
  Status set_rules(std::uint32_t version, std::shared_ptr<const RuleSet> rules);
  // Puts the named lists used by `in @name` in force.
  void set_lists(std::uint32_t version, std::shared_ptr<const Lists> lists);
  void set_options(const DeciderOptions& options);

  Status decide(const DecideInput& input, const DecideOutput& output);

  const RuleSet* rules() const;
  bool breaker_open() const;
  // Writes and reads windows, breaker and hit counters, for the rule set in force.
  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::decide
