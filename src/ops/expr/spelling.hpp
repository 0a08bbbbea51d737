// How operators, names and literals are written; shared by the text and the JSON form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ops/expr/ast.hpp"
#include "ops/expr/token.hpp"

namespace weir::expr {

// Returns "+", "and", "is_null", ... : the JSON op, which for infix operators is also the text.
std::string_view operator_word(Op op);
// Returns true and the operator of that word; == and <> are taken too.
bool find_operator(std::string_view word, Op& op);
// Returns true for a keyword of the grammar, which is no name unless it is quoted.
bool is_reserved(const Token& token);
// Returns true if the text lexes as one name that is no keyword.
bool is_bare_name(std::string_view text);
// Returns true and the type that a cast names: bool, i64, f64, decimal(n), timestamp, duration,
// string.
bool find_cast_type(std::string_view text, Type& type);

void append_name(std::string& out, std::string_view dotted);
void append_literal(std::string& out, const Literal& literal);
// Returns the digits of kI64, kDecimal or kF64; an f64 always in scientific form, so that it stays
// one.
std::string number_text(const Literal& literal);
// Returns what a "-" before a literal makes of it, or nothing if it is no number or duration or is
// negative already. Both forms fold it, so that -(5), -5 and {"op":"neg",...} are one tree.
std::optional<Literal> negated(const Literal& literal);
// Returns "90s", "5m", ... of whole seconds.
std::string duration_text(std::int64_t us);

}  // namespace weir::expr
