#include "decide/rules/statements.hpp"

#include <algorithm>
#include <array>

#include "base/decimal.hpp"

namespace weir::decide {

using expr::NodeId;
using expr::Op;
using expr::Parser;
using expr::Token;
using expr::TokenKind;

namespace {

constexpr std::size_t kErrorsMax = 100;
constexpr std::size_t kNameMax = 64;

constexpr std::array<std::string_view, 12> kStatementWords = {
    "rule",  "window", "let",  "band",  "typology", "limit",
    "allow", "block",  "hold", "alert", "score",    "tag"};

// Returns the value at which a window stops counting, 0 if it does not.
std::int64_t cap_of(const WindowSpec& spec) {
  if (spec.kind == WindowKind::kExact) return kRing;
  return spec.function == WindowFunction::kDistinct ? std::int64_t{kDistinctCap} : 0;
}

std::string words_expected() {
  std::string text;
  for (const std::string_view word : kStatementWords) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace

void StatementParser::parse_all(std::vector<Status>& errors) {
  while (!cursor_.at_end()) {
    if (cursor_.accept(TokenKind::kBreak)) continue;
    Status status = parse_statement();
    if (status.is_ok()) status = expect_end();
    if (status.is_ok()) continue;
    errors.push_back(std::move(status));
    if (errors.size() == kErrorsMax) return;
    while (!cursor_.at_end() && !cursor_.at(TokenKind::kBreak)) cursor_.next();
  }
}

Status StatementParser::expect_end() {
  if (cursor_.at(TokenKind::kBreak) || cursor_.at_end()) return Status::ok();
  constexpr std::array<std::string_view, 5> kClauses = {"because", "shadow", "at", "and", "or"};
  const Token& next = cursor_.peek();
  if (!cursor_.at(TokenKind::kName)) return cursor_.unexpected("a new line");
  return Parser::error(next, "expr_syntax", "unexpected " + expr::describe(next), "a new line",
                       std::string(expr::nearest_name(next.text, kClauses)));
}

Status StatementParser::parse_statement() {
  const Token first = cursor_.peek();
  if (first.is_word("window")) return parse_window();
  if (first.is_word("let")) return parse_let();
  if (first.is_word("limit")) return parse_limit();
  if (first.is_word("band")) return parse_band();
  if (first.is_word("typology")) return parse_typology();
  for (const std::string_view word : kStatementWords) {
    if (first.is_word(word)) return parse_rule();
  }
  return Parser::error(first, "expr_syntax", "no statement begins with " + expr::describe(first),
                       words_expected(),
                       std::string(expr::nearest_name(first.text, kStatementWords)));
}

std::string StatementParser::source_from(const Token& first) const {
  const Token end = cursor_.peek();
  const std::size_t size = end.offset - first.offset;
  std::string text(first.text.data(), size);
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  text.resize(last == std::string::npos ? 0 : last + 1);
  return text;
}

Status StatementParser::parse_rule() {
  const Token first = cursor_.peek();
  Rule rule;
  rule.line = first.line;
  if (cursor_.accept_word("rule")) {
    WEIR_ASSIGN(const Token name, cursor_.expect(TokenKind::kName, "the name of the rule"));
    rule.name = expr::token_value(name);
    WEIR_TRY(cursor_.expect(":"));
  } else {
    rule.name = "rule_" + std::to_string(set_.rules.size() + 1);
  }
  WEIR_TRY(parse_action(rule));
  WEIR_TRY(cursor_.expect_word("if"));
  WEIR_ASSIGN(rule.condition, extension_.parse_checked(parser_, true));
  WEIR_TRY(check_capped_comparisons(rule.condition));
  WEIR_TRY(parse_rule_tail(rule));
  rule.text = source_from(first);
  return finish_rule(first, std::move(rule));
}

Status StatementParser::parse_action(Rule& rule) {
  const Token word = cursor_.next();
  constexpr std::array<std::string_view, 6> kActions = {"allow", "block", "hold",
                                                        "alert", "score", "tag"};
  const auto found = std::find_if(kActions.begin(), kActions.end(),
                                  [&](std::string_view action) { return word.is_word(action); });
  if (found == kActions.end()) {
    return Parser::error(word, "expr_syntax", expr::describe(word) + " is no action",
                         "allow, block, hold, alert, score N or tag NAME",
                         std::string(expr::nearest_name(word.text, kActions)));
  }
  rule.action = static_cast<RuleAction>(found - kActions.begin());
  if (rule.action == RuleAction::kTag) {
    WEIR_ASSIGN(const Token tag, cursor_.expect(TokenKind::kName, "a tag"));
    rule.tag = expr::token_value(tag);
  }
  if (rule.action != RuleAction::kScore) return Status::ok();
  const bool negative = cursor_.accept("-");
  WEIR_ASSIGN(const Token number, cursor_.expect(TokenKind::kNumber, "points"));
  const Decimal points = parse_decimal(number.text, 0);
  if (points.error != DecimalError::kNone || points.units > kPointsMax) {
    return Parser::error(number, "number_range", "points are whole numbers from -1000 to 1000");
  }
  rule.points = static_cast<std::int32_t>(negative ? -points.units : points.units);
  return Status::ok();
}

Status StatementParser::parse_rule_tail(Rule& rule) {
  if (cursor_.accept_word("because")) {
    WEIR_ASSIGN(const Token text, cursor_.expect(TokenKind::kString, "a reason in quotes"));
    rule.because = expr::token_value(text);
  }
  rule.shadow = cursor_.accept_word("shadow");
  if (!cursor_.accept_word("at")) return Status::ok();
  if (cursor_.accept_word("now")) {
    rule.when_warm = false;
    return Status::ok();
  }
  if (!cursor_.accept_word("when")) return cursor_.unexpected("'now' or 'when warm'");
  return cursor_.expect_word("warm");
}

Status StatementParser::finish_rule(const Token& at, Rule rule) {
  if (set_.rules.size() == kRulesMax) {
    return Parser::error(at, "expr_limit",
                         "a rule set has at most " + std::to_string(kRulesMax) + " rules");
  }
  if (rule.name.size() > kNameMax) {
    return Parser::error(at, "rule_name", "a rule's name has at most 64 bytes");
  }
  for (const Rule& other : set_.rules) {
    if (other.name == rule.name) {
      return Parser::error(
          at, "name_repeated",
          "there is already a rule '" + rule.name + "' on line " + std::to_string(other.line));
    }
  }
  visit_nodes(set_.ast, rule.condition, [&](const expr::Node& node) {
    if (node.op != Op::kInput) return;
    for (std::uint32_t i = 0; i < set_.windows.size(); ++i) {
      const bool known =
          std::find(rule.windows.begin(), rule.windows.end(), i) != rule.windows.end();
      if (set_.windows[i].input == node.input && !known) rule.windows.push_back(i);
    }
  });
  set_.rules.push_back(std::move(rule));
  return Status::ok();
}

// A window that stops counting at a cap never exceeds it: a rule that waits for more would never
// fire.
Status StatementParser::check_capped_comparisons(NodeId root) const {
  const expr::Ast& ast = set_.ast;
  const expr::Node& node = ast.node(root);
  const bool comparison = node.op >= Op::kEq && node.op <= Op::kBetween;
  const RuleWindow* capped = nullptr;
  NodeId largest = root;
  for (const NodeId arg : ast.args(root)) {
    WEIR_TRY(check_capped_comparisons(arg));
    if (ast.node(arg).op == Op::kLiteral && ast.literal(arg).kind == expr::Kind::kI64 &&
        (largest == root || ast.literal(arg).i > ast.literal(largest).i)) {
      largest = arg;
    }
    for (const RuleWindow& window : set_.windows) {
      const bool counts = window.spec.function == WindowFunction::kCount ||
                          window.spec.function == WindowFunction::kDistinct;
      if (ast.node(arg).op == Op::kInput && ast.node(arg).input == window.input && counts &&
          cap_of(window.spec) != 0) {
        capped = &window;
      }
    }
  }
  if (!comparison || capped == nullptr || largest == root) return Status::ok();
  const std::int64_t cap = cap_of(capped->spec);
  if (ast.literal(largest).i < cap) return Status::ok();
  const expr::Position at = ast.node(largest).at;
  return expr::to_status({"window_cap", "this window counts no further than " + std::to_string(cap),
                          "a number up to " + std::to_string(cap - 1), "", at.line, at.column});
}

Status StatementParser::parse_window() {
  cursor_.next();
  WEIR_ASSIGN(const Token name, cursor_.expect(TokenKind::kName, "the name of the window"));
  WEIR_TRY(cursor_.expect("="));
  const Token at = cursor_.peek();
  WEIR_ASSIGN(const NodeId node, parser_.parse_expression());
  const expr::Node& made = set_.ast.node(node);
  if (made.op != Op::kInput || !extension_.is_window_input(made.input)) {
    return Parser::error(at, "window_expected", "a window statement holds one window, nothing else",
                         "for example count(card, 1h)");
  }
  const std::string text = expr::token_value(name);
  for (RuleWindow& window : set_.windows) {
    if (window.input == made.input && window.name.empty()) window.name = text;
  }
  return extension_.define(name, text, node);
}

Status StatementParser::parse_let() {
  cursor_.next();
  WEIR_ASSIGN(const Token name, cursor_.expect(TokenKind::kName, "a name"));
  WEIR_TRY(cursor_.expect("="));
  WEIR_ASSIGN(const NodeId node, extension_.parse_checked(parser_, false));
  return extension_.define(name, expr::token_value(name), node);
}

Status StatementParser::parse_limit() {
  const Token first = cursor_.next();
  if (set_.limit) {
    return Parser::error(first, "name_repeated", "a rule set has at most one limit");
  }
  BlockLimit limit;
  WEIR_TRY(cursor_.expect_word("block"));
  WEIR_TRY(cursor_.expect_word("to"));
  WEIR_ASSIGN(const Token share, cursor_.expect(TokenKind::kNumber, "a percentage"));
  const Decimal percent = parse_decimal(share.text, 4);
  if (percent.error != DecimalError::kNone || percent.units > 1'000'000) {
    return Parser::error(share, "number_range", "a share lies between 0 and 100 %");
  }
  limit.share_e6 = static_cast<std::uint32_t>(percent.units);
  WEIR_TRY(cursor_.expect("%"));
  WEIR_TRY(cursor_.expect_word("over"));
  WEIR_ASSIGN(const Token width, cursor_.expect(TokenKind::kDuration, "a duration such as 10m"));
  if (!expr::token_duration_us(width, limit.width_us) || limit.width_us < kWindowMin ||
      limit.width_us > kWindowMax) {
    return Parser::error(width, "window_width", "a limit covers 1s to 400d");
  }
  WEIR_TRY(cursor_.expect_word("min"));
  WEIR_ASSIGN(const Token least, cursor_.expect(TokenKind::kNumber, "a whole number"));
  const Decimal decided = parse_decimal(least.text, 0);
  if (decided.error != DecimalError::kNone || decided.units > 1'000'000'000) {
    return Parser::error(least, "number_range", "min is a whole number up to 1000000000");
  }
  limit.decided_min = static_cast<std::uint32_t>(decided.units);
  WEIR_TRY(cursor_.expect_word("then"));
  limit.then_hold = cursor_.accept_word("hold");
  if (!limit.then_hold && !cursor_.accept_word("alert")) {
    return cursor_.unexpected("'hold' or 'alert'");
  }
  set_.limit = limit;
  return Status::ok();
}

Status StatementParser::add_thresholds(const std::vector<ThresholdRow>& rows) {
  const auto level = [](double tail) {
    return static_cast<std::uint32_t>(std::clamp(tail, 0.0, 9.0) * 1e6 + 0.5);
  };
  for (const ThresholdRow& row : rows) {
    CompiledThreshold compiled{
        {}, level(row.alert), level(row.hold), row.block ? level(*row.block) : kNoThreshold};
    if (!row.where.empty()) {
      WEIR_ASSIGN(const std::vector<Token> tokens, expr::tokenize(row.where));
      expr::TokenCursor cursor(tokens);
      Parser parser(cursor, set_.ast, &extension_);
      WEIR_ASSIGN(compiled.where, extension_.parse_checked(parser, true));
      if (!cursor.at_end()) return cursor.unexpected("the end of the condition");
    }
    set_.thresholds.push_back(compiled);
  }
  return Status::ok();
}

}  // namespace weir::decide
