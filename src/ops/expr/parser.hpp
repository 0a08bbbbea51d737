// Parser: tokens to tree. A larger grammar drives the tokens and may add primaries of its own.
//
//   class Windows final : public ParseExtension {
//     Result<std::optional<NodeId>> parse_call(Parser& p, const Token& name) override {
//       if (name.text != "count") return std::nullopt;   // a built-in function, or an error
//       WEIR_TRY(p.cursor().expect("("));
//       ...                                              // p.parse_expression() for arguments
//       return p.ast().add_input(schema.add_hidden(Type::i64(), Storage::kI64), text,
//                                p.position(name));
//     }
//   };
//   Parser parser(cursor, ast, &windows);
//   WEIR_ASSIGN(const NodeId root, parser.parse_expression());   // stops before what cannot go on
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ops/expr/ast.hpp"
#include "ops/expr/token.hpp"

namespace weir::expr {

class Parser;

// What a grammar adds. Each returns nullopt for "not mine", with the cursor where it was.
class ParseExtension {
 public:
  virtual ~ParseExtension() = default;
  // A name in front of "(": the cursor stands at the "(". Must take everything up to the ")".
  virtual Result<std::optional<NodeId>> parse_call(Parser&, const Token& /*name*/) {
    return std::nullopt;
  }
  // A name or dotted name, already taken: a field of its own, a let, points.X, attrs.X.
  virtual Result<std::optional<NodeId>> parse_name(Parser&, std::string_view /*dotted*/,
                                                   const Token& /*first*/) {
    return std::nullopt;
  }
  // "in @" or "not in @": the cursor stands at the list's name. Must return a boolean leaf that
  // already includes the negation, and take the name.
  virtual Result<std::optional<NodeId>> parse_list(Parser&, NodeId /*operand*/, bool /*negated*/) {
    return std::nullopt;
  }
  // Names of functions for "did you mean".
  virtual std::vector<std::string_view> function_names() const { return {}; }
};

// Builds trees into `ast`. Limits, per outermost parse_expression: 64 KiB of text, depth 64, 1,000
// nodes, 10,000 items of an in-list. Errors: expr_syntax, expr_limit, function_unknown,
// number_range.
class Parser {
 public:
  Parser(TokenCursor& cursor, Ast& ast, ParseExtension* extension = nullptr)
      : cursor_(cursor), ast_(ast), extension_(extension) {}

  // Parses `expr` and leaves the cursor at the first token that cannot continue it (kBreak and kEnd
  // never can).
  Result<NodeId> parse_expression();
  // Parses one operand without comparison or logic: `add` of the grammar.
  Result<NodeId> parse_operand();

  TokenCursor& cursor() { return cursor_; }
  Ast& ast() { return ast_; }
  static Position position(const Token& token) { return {token.line, token.column}; }
  // Returns the error as a Status.
  static Status error(const Token& token, std::string_view reason, std::string message,
                      std::string expected = {}, std::string nearest = {});

 private:
  class Scope;
  using Parsed = Result<NodeId>;
  Parsed parse_or();
  Parsed parse_and();
  Parsed parse_not();
  Parsed parse_comparison();
  Parsed parse_in(NodeId operand, bool negated, const Token& at);
  Parsed parse_like(NodeId operand, bool negated, const Token& at);
  Parsed parse_add();
  Parsed parse_mul();
  Parsed parse_unary();
  Parsed parse_primary();
  Parsed parse_number(const Token& token, bool negative);
  Parsed parse_named();
  Parsed parse_call(const Token& name);
  Parsed parse_case(const Token& at);
  Parsed parse_cast(const Token& at);
  Result<Type> parse_type();
  Parsed binary(Op op, NodeId left, NodeId right, const Token& at);
  Parsed made(NodeId id, const Token& at);

  TokenCursor& cursor_;
  Ast& ast_;
  ParseExtension* extension_;
  unsigned nesting_ = 0;
  std::size_t nodes_ = 0;
  std::uint32_t begin_offset_ = 0;
  bool outermost_ = true;
};

// Parses a whole text; anything after the expression is an error.
Result<NodeId> parse(std::string_view text, Ast& ast, ParseExtension* extension = nullptr);
// Parses the JSON form. Nodes have no position; errors name the JSON pointer in Status::field.
Result<NodeId> parse_json(std::string_view json, Ast& ast, ParseExtension* extension = nullptr);
// Parses a number as written in an expression ("-9999.99", "1e5") to kI64, kDecimal or kF64.
Result<Literal> parse_number_literal(std::string_view text);

}  // namespace weir::expr
