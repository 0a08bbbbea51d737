// RuleSet: the rules of one version, compiled: what the Decider runs.
//
//   WEIR_ASSIGN(std::shared_ptr<const RuleSet> rules, compile_rules(text, {}));
//   std::puts(rules->describe().c_str());      // windows, bytes per key, coverage
//
// Statements: rule, window, let, band, typology, limit; one per line, indented lines continue it, #
// starts a comment. docs/guide/rules.md is the reference. A rule fires only on TRUE; errors and
// non-finite numbers are null, a comparison with null is false. Immutable after compile; shared
// freely between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "decide/rules/comparison.hpp"
#include "decide/rules/fields.hpp"
#include "decide/window/window_spec.hpp"
#include "ops/expr/expr.hpp"

namespace weir::decide {

inline constexpr std::size_t kRulesMax = 1000;
inline constexpr std::size_t kWindowsMax = 256;
inline constexpr std::size_t kRuleTextMax = std::size_t{1} << 20;
inline constexpr std::uint32_t kTailMax = 9'000'000;  // T is in millionths of a tail unit, 0..9
inline constexpr std::uint32_t kNoThreshold = 0xFFFFFFFFU;  // this level is never reached
inline constexpr std::int32_t kPointsMax = 1000;

// In the order of their classes: what applies first comes first.
enum class RuleAction : std::uint8_t { kAllow, kBlock, kHold, kAlert, kScore, kTag };
std::string_view rule_action_name(RuleAction action);

struct Rule {
  std::string name;
  RuleAction action = RuleAction::kAlert;
  std::int32_t points = 0;  // of a score rule; of a typology its result decides
  std::string tag;
  std::string because;
  std::string text;  // as written
  std::uint32_t line = 0;
  bool shadow = false;
  bool when_warm = true;               // wait for the windows below
  std::vector<std::uint32_t> windows;  // indices into RuleSet::windows
  expr::NodeId condition = 0;
  std::vector<RuleComparison> comparisons;  // what to show when it fires
};

struct RuleWindow {
  std::string name;  // of the first `window` statement for it, or empty
  std::string text;  // canonical; windows with equal text are one
  WindowSpec spec;
  std::vector<RuleField> key;
  std::optional<expr::NodeId> value;
  expr::Type value_type;
  std::optional<expr::NodeId> filter;
  expr::InputId input = expr::kNoInput;
};

struct RuleList {
  std::string name;
  bool negated = false;
  expr::InputId operand = expr::kNoInput;  // a field's input
  expr::InputId input = expr::kNoInput;    // the boolean that the Decider fills
};

enum class AttrType : std::uint8_t { kNumber, kText, kBool, kPresent };
struct RuleAttr {
  std::string name;
  AttrType type = AttrType::kNumber;
  expr::InputId input = expr::kNoInput;
};

// `limit block to 2% over 10m min 500 then hold`
struct BlockLimit {
  std::uint32_t share_e6 = 20'000;
  std::int64_t width_us = 600 * kSecond;
  std::uint32_t decided_min = 500;
  bool then_hold = true;  // false: alert
  bool operator==(const BlockLimit&) const = default;
};

// One row of the threshold table, in tail units; the first whose `where` holds applies.
struct ThresholdRow {
  std::string where;  // an expression, or empty: always
  double alert = 4.0;
  double hold = 5.0;
  std::optional<double> block;
};
struct CompiledThreshold {
  std::optional<expr::NodeId> where;
  std::uint32_t alert_e6, hold_e6, block_e6;
};

struct CompileContext {
  const wire::Dictionary* dictionary =
      nullptr;  // of the stream, or null: the Decider looks texts up
  const wire::Masking* masking = nullptr;
  std::vector<std::string> detectors;    // what detector.NAME may name; empty: any
  std::vector<ThresholdRow> thresholds;  // empty: those of the Decider
  std::size_t window_keys_max = std::size_t{1} << 20;
  // Amounts enter windows as decimals of this many places, which holds every ISO currency exactly;
  // finer assets are rounded as cast() does, and sums saturate at 9.2e18 units.
  unsigned amount_scale = 4;
};

// A problem in a rule text, with everything a person needs to find it.
struct RuleError {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string reason;  // expr_syntax, name_unknown, rule_name_repeated, ...
  std::string message;
  std::string nearest;  // a known name that is close, or empty
  std::string hint;
  std::string caret;  // the line at fault with a caret below the column

  std::string to_string() const;  // "line 3, column 10: ...\n<caret>"
};

// Where the program of the sides puts one comparison.
struct ComparisonOutputs {
  std::optional<expr::OutputId> branch;
  expr::OutputId left = 0;
  expr::OutputId right = 0;
};

// The programs of a rule set, with its texts looked up in one dictionary.
struct LinkedRules {
  std::optional<expr::Program> prepare;                       // filters and values of the windows
  std::optional<expr::Program> decide;                        // rules, then thresholds
  std::vector<std::optional<expr::OutputId>> filter_outputs;  // [windows]
  std::vector<std::optional<expr::OutputId>> value_outputs;   // [windows]
  std::vector<expr::OutputId> rule_outputs;                   // [rules]
  std::vector<std::optional<expr::OutputId>> threshold_outputs;
  std::optional<expr::Program> sides;                         // of the rules' comparisons
  std::vector<std::vector<ComparisonOutputs>> sides_outputs;  // [rules]
  std::vector<UnknownText> unknown;
};

struct RuleDetector {
  std::string name;
  expr::InputId input = expr::kNoInput;
};

class RuleSet {
 public:
  std::string text;
  Digest digest{};                         // SHA-256 of the text
  const wire::Masking* masking = nullptr;  // of the compilation; must outlive the set
  std::vector<Rule> rules;
  std::vector<std::uint32_t> order;  // rule indices by class, points descending, name
  std::vector<RuleWindow> windows;
  std::vector<RuleList> lists;
  std::vector<RuleAttr> attrs;
  std::optional<expr::InputId> distance;
  std::optional<BlockLimit> limit;
  std::vector<CompiledThreshold> thresholds;
  std::vector<RuleDetector> detectors;
  expr::Ast ast;
  std::vector<std::pair<expr::Type, Storage>> hidden;  // types of the inputs after the named ones
  LinkedRules linked;                                  // against the dictionary of the compilation
  std::vector<expr::InputId> inputs;                   // that any program reads, ascending

  // Compiles the programs again, against what `dictionary` knows now. Thread-safe.
  Result<LinkedRules> link(const wire::Dictionary* dictionary) const;
  // Returns whether any program reads the field.
  bool reads(RuleField field) const;
  // Returns whether what windows count depends on scores of detectors.
  bool windows_read_scores() const;
  // Finds what each rule shows when it fires; part of compiling.
  void find_comparisons();
  // A table of the windows: text, coverage, bytes per key, and how many rules use them.
  std::string describe() const;
};

// Compiles a rule text. Errors: those of check_rules(), the first as a Status with line, column and
// caret.
Result<std::shared_ptr<const RuleSet>> compile_rules(std::string_view text,
                                                     const CompileContext& context);

// As compile_rules, but reports every statement's error (at most 100) in the order of the text.
Result<std::shared_ptr<const RuleSet>> check_rules(std::string_view text,
                                                   const CompileContext& context,
                                                   std::vector<RuleError>& errors);

}  // namespace weir::decide
