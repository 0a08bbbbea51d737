#include "decide/rules/extension.hpp"

#include <algorithm>

namespace weir::decide {

using expr::NodeId;
using expr::Op;
using expr::Parser;
using expr::Token;
using expr::TokenKind;
using expr::Type;

namespace {

struct FunctionName {
  std::string_view name;
  WindowFunction function;
};
constexpr FunctionName kWindowFunctions[] = {
    {"count", WindowFunction::kCount}, {"sum", WindowFunction::kSum},
    {"avg", WindowFunction::kAvg},     {"min", WindowFunction::kMin},
    {"max", WindowFunction::kMax},     {"distinct", WindowFunction::kDistinct},
    {"rate", WindowFunction::kRate}};

std::string joined(std::string_view a, std::string_view b) {
  std::string text(a);
  return text += b;
}

}  // namespace

std::vector<std::string_view> RuleExtension::function_names() const {
  std::vector<std::string_view> names = {"since", "distance_km", "weight"};
  for (const FunctionName& f : kWindowFunctions) names.push_back(f.name);
  return names;
}

Result<std::optional<NodeId>> RuleExtension::parse_call(Parser& p, const Token& name_ref) {
  const Token name = name_ref;
  for (const FunctionName& f : kWindowFunctions) {
    if (name.is_word(f.name)) return parse_window(p, name, f.function);
  }
  if (name.is_word("since")) return parse_since(p, name);
  if (name.is_word("distance_km")) return parse_distance(p, name);
  if (name.is_word("weight")) return parse_weight(p, name);
  return std::nullopt;
}

Result<NodeId> RuleExtension::parse_since(Parser& p, const Token& name) {
  WEIR_TRY(p.cursor().expect("("));
  RuleWindow window;
  window.spec.function = WindowFunction::kSince;
  window.spec.width_us = kWindowMax;
  WEIR_ASSIGN(window.key, parse_key(p));
  WEIR_TRY(p.cursor().expect(")"));
  return add_window(p, name, std::move(window));
}

Result<NodeId> RuleExtension::parse_distance(Parser& p, const Token& name) {
  WEIR_TRY(p.cursor().expect("("));
  WEIR_TRY(p.cursor().expect(")"));
  if (!set_.distance) {
    set_.distance = add_hidden_input(set_, schema_, Type::f64(), Storage::kF64);
  }
  return p.ast().add_input(*set_.distance, "distance_km()", Parser::position(name));
}

Result<std::optional<NodeId>> RuleExtension::parse_name(Parser& p, std::string_view dotted,
                                                        const Token& first) {
  const expr::Position at = Parser::position(first);
  if (const auto found = names_.find(dotted); found != names_.end()) {
    return p.ast().add_alias(dotted, found->second, at);
  }
  constexpr std::string_view kDetector = "detector.";
  if (!dotted.starts_with(kDetector)) {
    WEIR_TRY(check_near_miss(dotted, first));
    return std::nullopt;
  }
  const std::string_view name = dotted.substr(kDetector.size());
  const auto& known = context_.detectors;
  if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
    const std::vector<std::string_view> names(known.begin(), known.end());
    return fail(Parser::error(first, "name_unknown",
                              joined("there is no detector ", "'" + std::string(name) + "'"), {},
                              std::string(expr::nearest_name(name, names))));
  }
  for (const RuleDetector& detector : set_.detectors) {
    if (detector.name == name) return p.ast().add_input(detector.input, dotted, at);
  }
  const expr::InputId input = add_hidden_input(set_, schema_, Type::f64(), Storage::kF32);
  set_.detectors.push_back({std::string(name), input});
  return p.ast().add_input(input, dotted, at);
}

// A misspelt name of a let, window or typology; that of a field is reported when types are checked.
Status RuleExtension::check_near_miss(std::string_view dotted, const Token& first) const {
  if (schema_.find(dotted) != nullptr || dotted.starts_with("attrs.")) return Status::ok();
  std::vector<std::string_view> known;
  // The first of the nearest counts: what the text itself defines is likelier meant.
  for (const auto& [name, unused] : names_) known.push_back(name);
  for (const expr::Field& field : schema_.fields()) {
    if (!field.name.empty()) known.push_back(field.name);
  }
  const std::string_view near = expr::nearest_name(dotted, known);
  if (!names_.contains(near)) return Status::ok();
  return Parser::error(first, "name_unknown",
                       joined("there is no name ", "'" + std::string(dotted) + "'"), {},
                       std::string(near));
}

Result<std::optional<NodeId>> RuleExtension::parse_list(Parser& p, NodeId operand, bool negated) {
  WEIR_ASSIGN(const Token name, p.cursor().expect(TokenKind::kName, "the name of a list"));
  const expr::Node node = set_.ast.node(operand);
  const expr::Field* field = node.op == Op::kName ? schema_.find(set_.ast.text(operand)) : nullptr;
  const std::optional<RuleField> rule_field =
      field != nullptr ? find_rule_field(field->name) : std::nullopt;
  const bool text = field != nullptr && field->type.is(expr::Kind::kString);
  if (!rule_field || (!is_key(*rule_field) && !text)) {
    return fail(Parser::error(name, "list_operand", "in @list wants a field that names something",
                              "debtor, creditor, merchant, card, device, ip, a code or a text"));
  }
  const std::string list = expr::token_value(name);
  for (const RuleList& known : set_.lists) {
    if (known.name == list && known.negated == negated && known.operand == field->input) {
      return p.ast().add_input(known.input, p.ast().text(operand), node.at);
    }
  }
  const expr::InputId operand_input = field->input;
  std::string written(field->name);
  written += negated ? " not in @" : " in @";
  written += list;
  const expr::InputId input = add_hidden_input(set_, schema_, Type::boolean(), Storage::kU8);
  set_.lists.push_back({list, negated, operand_input, input});
  return p.ast().add_input(input, written, node.at);
}

Status RuleExtension::define(const Token& at, const std::string& name, NodeId target) {
  if (names_.contains(name)) {
    return Parser::error(at, "name_repeated", "'" + name + "' is defined twice");
  }
  if (schema_.find(name) != nullptr) {
    return Parser::error(at, "name_taken", "'" + name + "' is the name of a field");
  }
  names_.emplace(name, target);
  return Status::ok();
}

bool RuleExtension::is_window_input(expr::InputId input) const {
  return std::any_of(set_.windows.begin(), set_.windows.end(),
                     [&](const RuleWindow& window) { return window.input == input; });
}

Result<NodeId> RuleExtension::parse_checked(Parser& p, bool boolean) {
  const Token at = p.cursor().peek();
  WEIR_ASSIGN(const NodeId parsed, p.parse_expression());
  const NodeId root = rewriter_.rewrite(parsed, boolean ? AttrType::kBool : AttrType::kNumber);
  const expr::Compiler compiler(schema_, expr::Options::rules());
  WEIR_ASSIGN(const Type type, compiler.check(set_.ast, root));
  if (boolean && !type.is(expr::Kind::kBool)) {
    return fail(Parser::error(
        at, "type_mismatch",
        "this is of type " + expr::type_name(type) + ", a condition must be true or false"));
  }
  return root;
}

Result<std::string> parse_sub_ref(expr::TokenCursor& cursor) {
  if (cursor.at(TokenKind::kNumber) && cursor.peek().text.starts_with('.')) {
    return std::string(cursor.next().text);
  }
  WEIR_TRY(cursor.expect("."));
  WEIR_ASSIGN(const Token name, cursor.expect(TokenKind::kName, "a sub-reference such as .01"));
  return "." + std::string(name.text);
}

Result<NodeId> parse_signed_number(Parser& p) {
  const Token at = p.cursor().peek();
  const bool negative = p.cursor().accept("-");
  WEIR_ASSIGN(const Token number, p.cursor().expect(TokenKind::kNumber, "a number"));
  std::string text = negative ? "-" : "";
  text += number.text;
  auto literal = expr::parse_number_literal(text);
  if (!literal) return fail(Parser::error(at, "number_range", literal.error().message()));
  return p.ast().add_literal(std::move(*literal), Parser::position(at));
}

// weight(band, .01: 100, .02: 200): the weight of the first case that holds, 0 for the others.
Result<NodeId> RuleExtension::parse_weight(Parser& p, const Token& name) {
  expr::TokenCursor& cursor = p.cursor();
  WEIR_TRY(cursor.expect("("));
  WEIR_ASSIGN(const Token band_name, cursor.expect(TokenKind::kName, "the name of a band"));
  const auto band = bands_.find(expr::token_value(band_name));
  if (band == bands_.end()) {
    std::vector<std::string_view> names;
    for (const auto& [known, unused] : bands_) names.push_back(known);
    const std::string wanted = expr::token_value(band_name);
    return fail(Parser::error(band_name, "name_unknown", "there is no band '" + wanted + "'", {},
                              std::string(expr::nearest_name(wanted, names))));
  }
  const expr::Position at = Parser::position(name);
  std::map<std::string, NodeId> weights;
  while (cursor.accept(",")) {
    const Token ref_at = cursor.peek();
    WEIR_ASSIGN(const std::string ref, parse_sub_ref(cursor));
    const auto& cases = band->second.cases;
    if (std::none_of(cases.begin(), cases.end(), [&](const auto& c) { return c.ref == ref; })) {
      return fail(Parser::error(ref_at, "name_unknown", "the band has no case " + ref));
    }
    WEIR_TRY(cursor.expect(":"));
    WEIR_ASSIGN(const NodeId weight, parse_signed_number(p));
    if (!weights.emplace(ref, weight).second) {
      return fail(Parser::error(ref_at, "name_repeated", "the weight of " + ref + " stands twice"));
    }
  }
  WEIR_TRY(cursor.expect(")"));
  std::vector<NodeId> args;
  const NodeId zero = p.ast().add_literal(expr::Literal::of(std::int64_t{0}), at);
  for (const RuleBand::Case& c : band->second.cases) {
    const auto found = weights.find(c.ref);
    args.push_back(c.condition);
    args.push_back(found != weights.end() ? found->second : zero);
  }
  args.push_back(zero);
  return p.ast().add(Op::kCase, args, at);
}

}  // namespace weir::decide
