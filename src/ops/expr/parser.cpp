#include "ops/expr/parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/decimal.hpp"
#include "ops/expr/spelling.hpp"

namespace weir::expr {
namespace {

// A level of a tree may take two levels of the grammar: `(not a) = b`.
constexpr unsigned kNestingMax = 2 * kDepthMax + 2;

}  // namespace

class Parser::Scope {
 public:
  explicit Scope(Parser& parser) : parser_(parser) { ++parser_.nesting_; }
  ~Scope() { --parser_.nesting_; }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Parser& parser_;
};

Status Parser::error(const Token& token, std::string_view reason, std::string message,
                     std::string expected, std::string nearest) {
  Diagnostic diagnostic;
  diagnostic.reason = reason;
  diagnostic.message = std::move(message);
  diagnostic.expected = std::move(expected);
  diagnostic.nearest = std::move(nearest);
  diagnostic.line = token.line;
  diagnostic.column = token.column;
  return to_status(diagnostic);
}

Result<NodeId> Parser::made(NodeId id, const Token& at) {
  if (ast_.node(id).depth > kDepthMax)
    return fail(
        error(at, "expr_limit", "the expression nests deeper than " + std::to_string(kDepthMax)));
  if (++nodes_ > kNodesMax)
    return fail(error(
        at, "expr_limit",
        "the expression has more than " + std::to_string(kNodesMax) + " operators and operands"));
  return id;
}

Result<NodeId> Parser::parse_expression() {
  const bool outermost = nesting_ == 0;
  if (outermost) {
    nodes_ = 0;
    begin_offset_ = cursor_.peek().offset;
  }
  return parse_or();
}

Result<NodeId> Parser::parse_operand() {
  if (nesting_ == 0) {
    nodes_ = 0;
    begin_offset_ = cursor_.peek().offset;
  }
  const Scope scope(*this);
  return parse_add();
}

Result<NodeId> Parser::parse_or() {
  const Scope scope(*this);
  const Token at = cursor_.peek();
  if (nesting_ > kNestingMax) return fail(error(at, "expr_limit", "the expression nests too deep"));
  WEIR_ASSIGN(const NodeId first, parse_and());
  if (!cursor_.peek().is_word("or")) return first;
  std::vector<NodeId> args = {first};
  while (cursor_.accept_word("or")) {
    WEIR_ASSIGN(const NodeId next, parse_and());
    args.push_back(next);
  }
  return made(ast_.add(Op::kOr, args, position(at)), at);
}

Result<NodeId> Parser::parse_and() {
  const Token at = cursor_.peek();
  WEIR_ASSIGN(const NodeId first, parse_not());
  if (!cursor_.peek().is_word("and")) return first;
  std::vector<NodeId> args = {first};
  while (cursor_.accept_word("and")) {
    WEIR_ASSIGN(const NodeId next, parse_not());
    args.push_back(next);
  }
  return made(ast_.add(Op::kAnd, args, position(at)), at);
}

Result<NodeId> Parser::parse_not() {
  const Token at = cursor_.peek();
  if (!cursor_.accept_word("not")) return parse_comparison();
  const Scope scope(*this);
  if (nesting_ > kNestingMax) return fail(error(at, "expr_limit", "the expression nests too deep"));
  WEIR_ASSIGN(const NodeId arg, parse_not());
  return made(ast_.add(Op::kNot, std::array{arg}, position(at)), at);
}

Result<NodeId> Parser::binary(Op op, NodeId left, NodeId right, const Token& at) {
  return made(ast_.add(op, std::array{left, right}, position(at)), at);
}

Result<NodeId> Parser::parse_comparison() {
  static constexpr std::array<std::pair<std::string_view, Op>, 8> kOperators = {{{"=", Op::kEq},
                                                                                 {"==", Op::kEq},
                                                                                 {"!=", Op::kNe},
                                                                                 {"<>", Op::kNe},
                                                                                 {"<", Op::kLt},
                                                                                 {"<=", Op::kLe},
                                                                                 {">", Op::kGt},
                                                                                 {">=", Op::kGe}}};
  WEIR_ASSIGN(const NodeId left, parse_add());
  const Token at = cursor_.peek();
  for (const auto& [text, op] : kOperators)
    if (cursor_.accept(text)) {
      WEIR_ASSIGN(const NodeId right, parse_add());
      return binary(op, left, right, at);
    }
  const bool negates =
      at.is_word("not") && (cursor_.peek(1).is_word("in") || cursor_.peek(1).is_word("like") ||
                            cursor_.peek(1).is_word("between"));
  if (negates) cursor_.next();
  if (cursor_.accept_word("in")) return parse_in(left, negates, at);
  if (cursor_.accept_word("like")) return parse_like(left, negates, at);
  if (cursor_.accept_word("between")) {
    WEIR_ASSIGN(const NodeId low, parse_add());
    WEIR_TRY(cursor_.expect_word("and"));
    WEIR_ASSIGN(const NodeId high, parse_add());
    WEIR_ASSIGN(const NodeId between,
                made(ast_.add(Op::kBetween, std::array{left, low, high}, position(at)), at));
    if (!negates) return between;
    return made(ast_.add(Op::kNot, std::array{between}, position(at)), at);
  }
  if (cursor_.accept_word("is")) {
    const Op op = cursor_.accept_word("not") ? Op::kIsNotNull : Op::kIsNull;
    WEIR_TRY(cursor_.expect_word("null"));
    return made(ast_.add(op, std::array{left}, position(at)), at);
  }
  return left;
}

Result<NodeId> Parser::parse_in(NodeId operand, bool negated_in, const Token& at) {
  if (cursor_.peek().is("@")) {
    const Token list_at = cursor_.next();
    if (extension_ != nullptr) {
      WEIR_ASSIGN(const std::optional<NodeId> leaf,
                  extension_->parse_list(*this, operand, negated_in));
      if (leaf) return made(*leaf, at);
    }
    return fail(error(list_at, "expr_syntax", "named lists are not known here", "'('"));
  }
  WEIR_TRY(cursor_.expect("("));
  std::vector<NodeId> args = {operand};
  const std::size_t nodes_before = nodes_;
  do {
    if (args.size() > kInListMax)
      return fail(error(cursor_.peek(), "expr_limit",
                        "an in-list has at most " + std::to_string(kInListMax) + " items"));
    WEIR_ASSIGN(const NodeId item, parse_or());
    if (ast_.node(item).op == Op::kLiteral) nodes_ = std::max(nodes_before, nodes_ - 1);
    args.push_back(item);
  } while (cursor_.accept(","));
  WEIR_TRY(cursor_.expect(")"));
  return made(ast_.add(negated_in ? Op::kNotIn : Op::kIn, args, position(at)), at);
}

Result<NodeId> Parser::parse_like(NodeId operand, bool negated_like, const Token& at) {
  const Token& token = cursor_.peek();
  if (token.kind != TokenKind::kString) return fail(cursor_.unexpected("a pattern in quotes"));
  WEIR_ASSIGN(const NodeId pattern, parse_primary());
  return binary(negated_like ? Op::kNotLike : Op::kLike, operand, pattern, at);
}

Result<NodeId> Parser::parse_add() {
  WEIR_ASSIGN(NodeId left, parse_mul());
  while (true) {
    const Token at = cursor_.peek();
    Op op = Op::kAdd;
    if (at.is("-")) {
      op = Op::kSub;
    } else if (at.is("||")) {
      op = Op::kConcat;
    } else if (!at.is("+")) {
      return left;
    }
    cursor_.next();
    WEIR_ASSIGN(const NodeId right, parse_mul());
    WEIR_ASSIGN(left, binary(op, left, right, at));
  }
}

Result<NodeId> Parser::parse_mul() {
  WEIR_ASSIGN(NodeId left, parse_unary());
  while (true) {
    const Token at = cursor_.peek();
    Op op = Op::kMul;
    if (at.is("/")) {
      op = Op::kDiv;
    } else if (at.is("%")) {
      op = Op::kMod;
    } else if (at.is_word("div")) {
      op = Op::kIntDiv;
    } else if (!at.is("*")) {
      return left;
    }
    cursor_.next();
    WEIR_ASSIGN(const NodeId right, parse_unary());
    WEIR_ASSIGN(left, binary(op, left, right, at));
  }
}

Result<NodeId> Parser::parse_unary() {
  const Token at = cursor_.peek();
  if (!cursor_.accept("-")) return parse_primary();
  const Scope scope(*this);
  if (nesting_ > kNestingMax) return fail(error(at, "expr_limit", "the expression nests too deep"));
  if (cursor_.at(TokenKind::kNumber) || cursor_.at(TokenKind::kDuration))
    return parse_number(cursor_.next(), true);
  WEIR_ASSIGN(const NodeId arg, parse_unary());
  if (ast_.node(arg).op == Op::kLiteral) {
    if (std::optional<Literal> literal = negated(ast_.literal(arg)))
      return made(ast_.add_literal(std::move(*literal), position(at)), at);
  }
  return made(ast_.add(Op::kNeg, std::array{arg}, position(at)), at);
}

Result<NodeId> Parser::parse_number(const Token& token, bool negative) {
  if (token.kind == TokenKind::kDuration) {
    std::int64_t us = 0;
    if (!token_duration_us(token, us))
      return fail(error(token, "number_range",
                        "'" + std::string(token.text) + "' is longer than 292,000 years"));
    return made(ast_.add_literal(Literal::duration(negative ? -us : us), position(token)), token);
  }
  Result<Literal> literal = parse_number_literal((negative ? "-" : "") + std::string(token.text));
  if (!literal) return fail(error(token, "number_range", literal.error().message()));
  return made(ast_.add_literal(std::move(*literal), position(token)), token);
}

Result<NodeId> Parser::parse_primary() {
  const Token at = cursor_.peek();
  if (at.offset - begin_offset_ > kExpressionBytesMax)
    return fail(
        error(at, "expr_limit",
              "the expression is longer than " + std::to_string(kExpressionBytesMax) + " bytes"));
  switch (at.kind) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
      return parse_number(cursor_.next(), false);
    case TokenKind::kString:
      cursor_.next();
      return made(ast_.add_literal(Literal::of(token_value(at)), position(at)), at);
    case TokenKind::kParameter: {
      cursor_.next();
      std::uint32_t number = 0;
      const auto [end, code] =
          std::from_chars(at.text.data() + 1, at.text.data() + at.text.size(), number);
      if (code != std::errc() || number == 0)
        return fail(error(at, "number_range", "parameters are $1, $2, ..."));
      return made(ast_.add_parameter(number, position(at)), at);
    }
    case TokenKind::kName:
      return parse_named();
    default:
      break;
  }
  if (!cursor_.accept("(")) return fail(cursor_.unexpected("an operand"));
  WEIR_ASSIGN(const NodeId inner, parse_or());
  WEIR_TRY(cursor_.expect(")"));
  return inner;
}

Result<NodeId> Parser::parse_named() {
  const Token first = cursor_.peek();
  if (first.is_word("case")) return parse_case(cursor_.next());
  for (const bool value : {false, true})
    if (cursor_.accept_word(value ? "true" : "false"))
      return made(ast_.add_literal(Literal::of(value), position(first)), first);
  if (cursor_.accept_word("null")) return made(ast_.add_literal(Literal{}, position(first)), first);
  if (is_reserved(first)) return fail(cursor_.unexpected("an operand"));
  cursor_.next();
  if (cursor_.peek().is("(")) return parse_call(first);
  std::string dotted = token_value(first);
  while (cursor_.peek().is(".")) {
    cursor_.next();
    WEIR_ASSIGN(const Token part, cursor_.expect(TokenKind::kName, "a name after '.'"));
    dotted += '.';
    dotted += token_value(part);
  }
  if (extension_ != nullptr) {
    WEIR_ASSIGN(const std::optional<NodeId> node, extension_->parse_name(*this, dotted, first));
    if (node) return made(*node, first);
  }
  return made(ast_.add_name(dotted, position(first)), first);
}

Result<NodeId> Parser::parse_call(const Token& name) {
  if (extension_ != nullptr) {
    WEIR_ASSIGN(const std::optional<NodeId> node, extension_->parse_call(*this, name));
    if (node) return made(*node, name);
  }
  if (name.is_word("cast")) return parse_cast(name);
  Function function{};
  if (!find_function(name.text, function)) {
    std::vector<std::string_view> known = {"cast"};
    for (unsigned i = 0; i < kFunctions; ++i)
      known.push_back(function_info(static_cast<Function>(i)).name);
    if (extension_ != nullptr)
      for (const std::string_view more : extension_->function_names()) known.push_back(more);
    return fail(error(name, "function_unknown",
                      "there is no function '" + std::string(name.text) + "'", {},
                      std::string(nearest_name(name.text, known))));
  }
  WEIR_TRY(cursor_.expect("("));
  std::vector<NodeId> args;
  if (!cursor_.peek().is(")")) {
    do {
      WEIR_ASSIGN(const NodeId arg, parse_or());
      args.push_back(arg);
    } while (cursor_.accept(","));
  }
  WEIR_TRY(cursor_.expect(")"));
  return made(ast_.add_call(function, args, position(name)), name);
}

Result<NodeId> Parser::parse_case(const Token& at_ref) {
  const Token at = at_ref;
  std::vector<NodeId> args;
  if (!cursor_.peek().is_word("when")) return fail(cursor_.unexpected("'when'"));
  while (cursor_.accept_word("when")) {
    WEIR_ASSIGN(const NodeId when, parse_or());
    WEIR_TRY(cursor_.expect_word("then"));
    WEIR_ASSIGN(const NodeId then, parse_or());
    args.push_back(when);
    args.push_back(then);
  }
  if (cursor_.accept_word("else")) {
    WEIR_ASSIGN(const NodeId otherwise, parse_or());
    args.push_back(otherwise);
  }
  WEIR_TRY(cursor_.expect_word("end"));
  return made(ast_.add(Op::kCase, args, position(at)), at);
}

Result<NodeId> Parser::parse_cast(const Token& at) {
  WEIR_TRY(cursor_.expect("("));
  WEIR_ASSIGN(const NodeId arg, parse_or());
  WEIR_TRY(cursor_.expect_word("as"));
  WEIR_ASSIGN(const Type type, parse_type());
  WEIR_TRY(cursor_.expect(")"));
  return made(ast_.add_cast(type, arg, position(at)), at);
}

Result<Type> Parser::parse_type() {
  static constexpr std::string_view kWhat =
      "a type: bool, i64, f64, decimal(n), timestamp, duration or string";
  WEIR_ASSIGN(const Token token, cursor_.expect(TokenKind::kName, kWhat));
  std::string name(token.text);
  if (name == "decimal") {
    WEIR_TRY(cursor_.expect("("));
    WEIR_ASSIGN(const Token digits, cursor_.expect(TokenKind::kNumber, "0 to 18 decimals"));
    WEIR_TRY(cursor_.expect(")"));
    name.append("(").append(digits.text).append(")");
  }
  Type type;
  if (find_cast_type(name, type)) return type;
  return fail(error(token, "expr_syntax", "'" + name + "' is no type", std::string(kWhat)));
}

Result<NodeId> parse(std::string_view text, Ast& ast, ParseExtension* extension) {
  WEIR_ASSIGN(const std::vector<Token> tokens,
              tokenize(text, {.statements = false, .bytes_max = kExpressionBytesMax}));
  TokenCursor cursor(tokens);
  Parser parser(cursor, ast, extension);
  WEIR_ASSIGN(const NodeId root, parser.parse_expression());
  if (!cursor.at_end()) return fail(cursor.unexpected("an operator or the end of the text"));
  return root;
}

Result<Literal> parse_number_literal(std::string_view text) {
  const bool exponent = text.find_first_of("eE") != std::string_view::npos;
  const std::size_t point = text.find('.');
  if (!exponent) {
    const std::size_t scale = point == std::string_view::npos ? 0 : text.size() - point - 1;
    if (scale <= 18) {
      const Decimal decimal = parse_decimal(text, static_cast<unsigned>(scale));
      if (decimal.error == DecimalError::kNone) {
        Literal literal = Literal::of(decimal.units);
        if (scale != 0) {
          literal.kind = Kind::kDecimal;
          literal.scale = static_cast<std::uint8_t>(scale);
        }
        return literal;
      }
    }
    if (point == std::string_view::npos)
      return fail(
          invalid_argument("number_range", "'" + std::string(text) + "' does not fit in 64 bits"));
  }
  double value = 0;
  const bool negative = !text.empty() && text.front() == '-';
  const std::string_view digits = negative ? text.substr(1) : text;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (code != std::errc() || end != digits.data() + digits.size())
    return fail(invalid_argument(
        "number_range", "'" + std::string(text) + "' is not a number that an f64 can hold"));
  return Literal::of(negative ? -value : value);
}

}  // namespace weir::expr
