#include "decide/rules/rule_set.hpp"

#include <algorithm>
#include <numeric>

#include "decide/rules/statements.hpp"

namespace weir::decide {
namespace {

using expr::Type;

RuleError to_rule_error(const Status& status, std::string_view text) {
  const Status::Error& from = status.error();
  RuleError error;
  error.line = static_cast<std::uint32_t>(from.line);
  error.column = from.column;
  error.reason = from.reason;
  error.message = from.message;
  error.nearest = from.field;
  error.hint = from.hint;
  if (from.line != 0) error.caret = expr::caret(text, from.line, from.column);
  return error;
}

// The order of reasons: class, then points descending, then name.
std::vector<std::uint32_t> reason_order(const std::vector<Rule>& rules) {
  std::vector<std::uint32_t> order(rules.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const Rule& x = rules[a];
    const Rule& y = rules[b];
    if (x.action != y.action) return x.action < y.action;
    if (x.points != y.points) return x.points > y.points;
    return x.name < y.name;
  });
  return order;
}

void add_inputs(const std::optional<expr::Program>& program, std::vector<expr::InputId>& inputs) {
  if (!program) return;
  const auto used = program->inputs();
  inputs.insert(inputs.end(), used.begin(), used.end());
}

Status parse_rules(std::string_view text, const CompileContext& context, RuleSet& set,
                   std::vector<Status>& errors) {
  if (text.size() > kRuleTextMax) {
    return out_of_range("too_long", "a rule text has at most 1 MiB");
  }
  WEIR_ASSIGN(const std::vector<expr::Token> tokens,
              expr::tokenize(text, {.statements = true, .bytes_max = kRuleTextMax}));
  Literals literals;
  literals.dictionary = context.dictionary;
  literals.masking = context.masking;
  expr::Schema schema = make_schema(literals);
  StatementParser parser(set, schema, context, tokens);
  parser.parse_all(errors);
  if (errors.empty()) WEIR_TRY(parser.add_thresholds(context.thresholds));
  return Status::ok();
}

Status link_sides(const RuleSet& set, const expr::Schema& schema, LinkedRules& made) {
  expr::Compiler sides(schema, expr::Options::rules());
  bool any = false;
  for (const Rule& rule : set.rules) {
    std::vector<ComparisonOutputs>& outputs = made.sides_outputs.emplace_back();
    for (const RuleComparison& comparison : rule.comparisons) {
      ComparisonOutputs& of = outputs.emplace_back();
      if (comparison.branch) {
        WEIR_ASSIGN(of.branch, sides.add(set.ast, *comparison.branch));
      }
      WEIR_ASSIGN(of.left, sides.add(set.ast, comparison.left_node, Type::f64()));
      WEIR_ASSIGN(of.right, sides.add(set.ast, comparison.right_node, Type::f64()));
      any = true;
    }
  }
  if (any) {
    WEIR_ASSIGN(made.sides, sides.finish());
  }
  return Status::ok();
}

}  // namespace

std::string_view rule_action_name(RuleAction action) {
  static constexpr std::string_view kNames[] = {"allow", "block", "hold", "alert", "score", "tag"};
  return kNames[static_cast<unsigned>(action)];
}

std::string RuleError::to_string() const {
  std::string text =
      "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + message;
  if (!hint.empty()) text += "; " + hint;
  if (!caret.empty()) text += "\n" + caret;
  return text;
}

Result<LinkedRules> RuleSet::link(const wire::Dictionary* dictionary) const {
  Literals literals;
  literals.dictionary = dictionary;
  literals.masking = masking;
  expr::Schema schema = make_schema(literals);
  for (const auto& [type, storage] : hidden) schema.add_hidden(type, storage);
  const expr::Options options = expr::Options::rules();

  LinkedRules made;
  expr::Compiler prepare(schema, options);
  bool any = false;
  for (const RuleWindow& window : windows) {
    std::optional<expr::OutputId>& filter = made.filter_outputs.emplace_back();
    std::optional<expr::OutputId>& value = made.value_outputs.emplace_back();
    if (window.filter) {
      WEIR_ASSIGN(filter, prepare.add(ast, *window.filter));
    }
    if (window.value) {
      const bool decimal = window.value_type.is(expr::Kind::kDecimal);
      const auto as = decimal ? std::optional<Type>(window.value_type) : std::nullopt;
      WEIR_ASSIGN(value, prepare.add(ast, *window.value, as));
    }
    any |= filter.has_value() || value.has_value();
  }
  if (any) {
    WEIR_ASSIGN(made.prepare, prepare.finish());
  }
  expr::Compiler decide(schema, options);
  for (const Rule& rule : rules) {
    WEIR_ASSIGN(const expr::OutputId output, decide.add(ast, rule.condition));
    made.rule_outputs.push_back(output);
  }
  for (const CompiledThreshold& row : thresholds) {
    std::optional<expr::OutputId>& where = made.threshold_outputs.emplace_back();
    if (!row.where) continue;
    WEIR_ASSIGN(where, decide.add(ast, *row.where));
  }
  if (!rules.empty() || !thresholds.empty()) {
    WEIR_ASSIGN(made.decide, decide.finish());
  }
  WEIR_TRY(link_sides(*this, schema, made));
  made.unknown = std::move(literals.unknown);
  return made;
}

void RuleSet::find_comparisons() {
  Literals literals;
  literals.masking = masking;
  expr::Schema schema = make_schema(literals);
  for (const auto& [type, storage] : hidden) schema.add_hidden(type, storage);
  const expr::Compiler compiler(schema, expr::Options::rules());
  for (Rule& rule : rules) rule.comparisons = comparisons_of(ast, rule.condition, compiler);
}

namespace {

// "32 bytes per key (128 when busy)".
std::string bytes_text(const WindowSpec& spec) {
  std::string text = std::to_string(spec.bytes_per_key()) + " bytes per key";
  if (spec.bytes_per_key_max() != spec.bytes_per_key()) {
    text += " (" + std::to_string(spec.bytes_per_key_max()) + " when busy)";
  }
  return text;
}

}  // namespace

std::string RuleSet::describe() const {
  std::string table =
      std::to_string(rules.size()) + " rules, " + std::to_string(windows.size()) + " windows\n";
  for (std::uint32_t i = 0; i < windows.size(); ++i) {
    const RuleWindow& window = windows[i];
    const auto uses = std::count_if(rules.begin(), rules.end(), [&](const Rule& rule) {
      return std::find(rule.windows.begin(), rule.windows.end(), i) != rule.windows.end();
    });
    table += "  ";
    if (!window.name.empty()) table += window.name + " = ";
    table += window.text + "\n      covers " + window.spec.coverage() + "; " +
             bytes_text(window.spec) + ", at most " + std::to_string(window.spec.keys_max) +
             " keys; used by " + std::to_string(uses) + " rules\n";
  }
  return table;
}

Result<std::shared_ptr<const RuleSet>> check_rules(std::string_view text,
                                                   const CompileContext& context,
                                                   std::vector<RuleError>& errors) {
  auto set = std::make_shared<RuleSet>();
  set->text = text;
  set->masking = context.masking;
  set->digest = sha256(as_bytes(text));
  std::vector<Status> found;
  Status parsed = parse_rules(text, context, *set, found);
  if (!parsed.is_ok()) found.push_back(std::move(parsed));
  if (found.empty()) {
    set->find_comparisons();
    auto linked = set->link(context.dictionary);
    if (linked) {
      set->linked = std::move(*linked);
    } else {
      found.push_back(linked.error());
    }
  }
  for (const Status& status : found) errors.push_back(to_rule_error(status, text));
  if (!found.empty()) return fail(std::move(found.front()));
  set->order = reason_order(set->rules);
  add_inputs(set->linked.prepare, set->inputs);
  add_inputs(set->linked.decide, set->inputs);
  add_inputs(set->linked.sides, set->inputs);
  for (const RuleList& list : set->lists) set->inputs.push_back(list.operand);
  std::sort(set->inputs.begin(), set->inputs.end());
  set->inputs.erase(std::unique(set->inputs.begin(), set->inputs.end()), set->inputs.end());
  return std::shared_ptr<const RuleSet>(std::move(set));
}

Result<std::shared_ptr<const RuleSet>> compile_rules(std::string_view text,
                                                     const CompileContext& context) {
  std::vector<RuleError> errors;
  auto compiled = check_rules(text, context, errors);
  if (compiled || errors.empty()) return compiled;
  const RuleError& first = errors.front();
  Status status = invalid_argument(
      first.reason, first.caret.empty() ? first.message : first.message + "\n" + first.caret);
  return fail(
      std::move(status).at(first.nearest).at_line(first.line, first.column).hint(first.hint));
}

bool RuleSet::reads(RuleField field) const {
  return std::binary_search(inputs.begin(), inputs.end(), static_cast<expr::InputId>(field));
}

bool RuleSet::windows_read_scores() const {
  bool reads = false;
  const auto look = [&](const std::optional<expr::NodeId>& root) {
    if (!root) return;
    visit_nodes(ast, *root, [&](const expr::Node& node) {
      if (node.op != expr::Op::kInput) return;
      const auto is = [&](RuleField field) {
        return node.input == static_cast<expr::InputId>(field);
      };
      reads |= is(RuleField::kScore) || is(RuleField::kTail) ||
               std::any_of(detectors.begin(), detectors.end(), [&](const RuleDetector& detector) {
                 return detector.input == node.input;
               });
    });
  };
  for (const RuleWindow& window : windows) {
    look(window.value);
    look(window.filter);
  }
  return reads;
}

}  // namespace weir::decide
