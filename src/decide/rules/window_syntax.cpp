// The windows of RuleExtension: fn "(" [ expr "," ] key "," duration [ "exact" | "decay" ] [
// "where" expr ] ")".
#include <algorithm>

#include "decide/rules/extension.hpp"

namespace weir::decide {

using expr::NodeId;
using expr::Op;
using expr::Parser;
using expr::Token;
using expr::TokenKind;
using expr::Type;

namespace {

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

}  // namespace

Result<NodeId> RuleExtension::parse_window(Parser& p, const Token& name, WindowFunction function) {
  if (inside_window_) {
    return fail(Parser::error(name, "window_nested", "a window cannot stand inside a window"));
  }
  RuleWindow window;
  window.spec.function = function;
  WEIR_TRY(p.cursor().expect("("));
  WEIR_TRY(parse_window_arguments(p, name, window));
  WEIR_TRY(parse_window_options(p, name, window));
  WEIR_TRY(p.cursor().expect(")"));
  WEIR_TRY(check_window(name, window));
  return add_window(p, name, std::move(window));
}

Status RuleExtension::parse_window_arguments(Parser& p, const Token& name, RuleWindow& window) {
  expr::TokenCursor& cursor = p.cursor();
  const std::size_t start = cursor.position();
  auto key = parse_key(p);
  const bool key_first =
      key && cursor.peek().is(",") && cursor.peek(1).kind == TokenKind::kDuration;
  if (key_first) {
    window.key = std::move(*key);
  } else {
    // Something stands in front of the key: the value. A bad key is reported where a key must
    // stand.
    cursor.seek(start);
    auto value = parse_inner(p, name, false);
    if (!value) {
      const bool about_key =
          !window.spec.takes_value() && !key && key.error().reason() == "window_key";
      return about_key ? key.error() : value.error();
    }
    window.value = *value;
    if (!cursor.peek().is(",")) return cursor.unexpected("',' and the window's key");
    cursor.next();
    if (cursor.at(TokenKind::kDuration)) {
      cursor.seek(start);
      const auto again = parse_key(p);
      return again ? cursor.unexpected("a key") : again.error();
    }
    WEIR_ASSIGN(window.key, parse_key(p));
  }
  WEIR_TRY(cursor.expect(","));
  WEIR_ASSIGN(const Token width,
              cursor.expect(TokenKind::kDuration, "a duration such as 30s, 5m, 1h or 7d"));
  if (!expr::token_duration_us(width, window.spec.width_us) || window.spec.width_us < kWindowMin ||
      window.spec.width_us > kWindowMax) {
    return Parser::error(width, "window_width",
                         "a window covers " + duration_text(kWindowMin) + " to " +
                             duration_text(kWindowMax) + ", not " + std::string(width.text));
  }
  return Status::ok();
}

Status RuleExtension::parse_window_options(Parser& p, const Token& name, RuleWindow& window) {
  expr::TokenCursor& cursor = p.cursor();
  if (cursor.accept_word("exact")) {
    window.spec.kind = WindowKind::kExact;
  } else if (cursor.accept_word("decay")) {
    window.spec.kind = WindowKind::kDecay;
  }
  if (!cursor.accept_word("where")) return Status::ok();
  WEIR_ASSIGN(window.filter, parse_inner(p, name, true));
  return Status::ok();
}

// Parses the value or the filter of a window: an expression over fields only.
Result<NodeId> RuleExtension::parse_inner(Parser& p, const Token& name, bool boolean) {
  inside_window_ = true;
  auto parsed = parse_checked(p, boolean);
  inside_window_ = false;
  if (!parsed) return parsed;
  bool nested = false;
  visit_nodes(set_.ast, *parsed, [&](const expr::Node& node) {
    nested |= node.op == Op::kInput && is_window_input(node.input);
  });
  if (nested) {
    return fail(Parser::error(name, "window_nested", "a window cannot stand inside a window"));
  }
  return parsed;
}

Result<RuleField> RuleExtension::parse_key_field(Parser& p) {
  WEIR_ASSIGN(const Token first, p.cursor().expect(TokenKind::kName, "a field"));
  std::string name = expr::token_value(first);
  while (p.cursor().peek().is(".")) {
    p.cursor().next();
    WEIR_ASSIGN(const Token part, p.cursor().expect(TokenKind::kName, "a name after '.'"));
    name += '.';
    name += expr::token_value(part);
  }
  const std::optional<RuleField> field = find_rule_field(name);
  if (field && is_key(*field)) return *field;
  std::vector<std::string_view> keys;
  for (unsigned i = 0; i < kRuleFields; ++i) {
    const auto candidate = static_cast<RuleField>(i);
    if (is_key(candidate)) keys.push_back(rule_field_name(candidate));
  }
  return fail(Parser::error(first, "window_key", quoted(name) + " cannot be the key of a window",
                            "a party, a card, a device, an ip, a merchant or a code",
                            std::string(expr::nearest_name(name, keys))));
}

Result<std::vector<RuleField>> RuleExtension::parse_key(Parser& p) {
  std::vector<RuleField> key;
  const bool several = p.cursor().accept("(");
  do {
    const Token at = p.cursor().peek();
    WEIR_ASSIGN(const RuleField field, parse_key_field(p));
    if (key.size() == kKeyWordsMax) {
      return fail(Parser::error(at, "window_key", "a key has at most 4 fields"));
    }
    if (std::find(key.begin(), key.end(), field) != key.end()) {
      return fail(Parser::error(at, "window_key", "the key names a field twice"));
    }
    key.push_back(field);
  } while (several && p.cursor().accept(","));
  if (several) WEIR_TRY(p.cursor().expect(")"));
  return key;
}

Status RuleExtension::check_window(const Token& name, RuleWindow& window) {
  WindowSpec& spec = window.spec;
  const std::string called = quoted(window_function_name(spec.function));
  const bool counts =
      spec.function == WindowFunction::kCount || spec.function == WindowFunction::kRate;
  if (window.value && counts) {
    // count(x, key, W) counts the events that have an x.
    const NodeId has_value =
        set_.ast.add(Op::kIsNotNull, {&*window.value, 1}, set_.ast.node(*window.value).at);
    const NodeId both[] = {has_value, window.filter.value_or(has_value)};
    window.filter =
        window.filter ? set_.ast.add(Op::kAnd, both, Parser::position(name)) : has_value;
    window.value.reset();
  }
  if (!window.value && spec.takes_value()) {
    return Parser::error(
        name, "window_value", called + " needs a value in front of its key",
        "for example " + std::string(window_function_name(spec.function)) + "(amount, debtor, 1d)");
  }
  const bool decays =
      counts || spec.function == WindowFunction::kSum || spec.function == WindowFunction::kAvg;
  if (spec.kind == WindowKind::kDecay && !decays) {
    return Parser::error(name, "window_kind", called + " cannot decay", "count, rate, sum or avg");
  }
  return window.value ? check_window_value(name, window) : Status::ok();
}

Status RuleExtension::check_window_value(const Token& name, RuleWindow& window) {
  const expr::Compiler compiler(schema_, expr::Options::rules());
  WEIR_ASSIGN(const Type type, compiler.check(set_.ast, *window.value));
  window.value_type =
      type.per_row() ? Type::decimal(static_cast<std::uint8_t>(context_.amount_scale)) : type;
  if (window.spec.function == WindowFunction::kDistinct) {
    if (!type.is(expr::Kind::kNull)) return Status::ok();
  } else if (type.numeric()) {
    window.spec.real_values = type.is(expr::Kind::kF64);
    window.spec.scale = window.value_type.is(expr::Kind::kDecimal) ? window.value_type.scale : 0U;
    return Status::ok();
  }
  return Parser::error(name, "window_value",
                       quoted(window_function_name(window.spec.function)) +
                           " needs a number, not " + expr::type_name(type));
}

std::string RuleExtension::canonical_text(const RuleWindow& window) const {
  std::string text(window_function_name(window.spec.function));
  text += '(';
  if (window.value) text += expr::print(set_.ast, *window.value) + ", ";
  if (window.key.size() > 1) text += '(';
  for (std::size_t i = 0; i < window.key.size(); ++i) {
    if (i != 0) text += ", ";
    text += rule_field_name(window.key[i]);
  }
  if (window.key.size() > 1) text += ')';
  if (window.spec.function != WindowFunction::kSince) {
    text += ", " + duration_text(window.spec.width_us);
    if (window.spec.kind != WindowKind::kTiles) {
      text += ' ';
      text += window_kind_name(window.spec.kind);
    }
  }
  if (window.filter) text += " where " + expr::print(set_.ast, *window.filter);
  return text += ')';
}

Type RuleExtension::result_type(const RuleWindow& window) const {
  switch (window.spec.result()) {
    case WindowResult::kInteger:
      return Type::i64();
    case WindowResult::kReal:
      return Type::f64();
    case WindowResult::kLikeValue:
      break;
  }
  return window.value_type;
}

Result<NodeId> RuleExtension::add_window(Parser& p, const Token& name, RuleWindow window) {
  window.spec.key_words = static_cast<unsigned>(window.key.size());
  window.spec.keys_max = context_.window_keys_max;
  window.text = canonical_text(window);
  const expr::Position at = Parser::position(name);
  for (const RuleWindow& known : set_.windows) {
    if (known.text == window.text) return p.ast().add_input(known.input, known.text, at);
  }
  if (set_.windows.size() == kWindowsMax) {
    return fail(Parser::error(
        name, "expr_limit", "a rule set has at most " + std::to_string(kWindowsMax) + " windows"));
  }
  const Type type = result_type(window);
  window.input = add_hidden_input(set_, schema_, type,
                                  type.is(expr::Kind::kF64) ? Storage::kF64 : Storage::kI64);
  set_.windows.push_back(std::move(window));
  return p.ast().add_input(set_.windows.back().input, set_.windows.back().text, at);
}

}  // namespace weir::decide
