// Expressions over the columns of a table: one parsed text, and its values for all rows.
//
//   WEIR_ASSIGN(const Expression where, Expression::parse("amount > 100 and not is_test"));
//   WEIR_ASSIGN(const Selection rows, select_rows(run, table, where, {}));
//   WEIR_ASSIGN(auto columns, evaluate(run, table, {&doubled, 1}, {}));
//
// An expression that is no more than a column's name gives that column, type and all, without a
// copy. What is computed has the types of the language: i64, f64, decimal, ... All expressions of a
// call are one run of expr.evaluate.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ops/expr/expr.hpp"
#include "ops/op_runner.hpp"
#include "ops/table/table.hpp"

namespace weir::ops {

struct Expression {
  std::shared_ptr<const expr::Ast> ast;
  expr::NodeId root = 0;

  // Errors as of expr::parse.
  static Result<Expression> parse(std::string_view text);
  static Result<Expression> parse_json(std::string_view json);
  // The expression that is the column of that name.
  static Expression column(std::string_view name);
  // Returns the name if the expression is a column and nothing else, or an empty text.
  std::string_view column_name() const;
  std::string print() const { return expr::print(*ast, root); }
};

struct EvaluateOptions {
  bool errors_are_null = false;  // overflow, division by zero and failed casts give null, counted
  std::span<const expr::Literal> parameters = {};
};

// What a predicate leaves: bit i % 64 of word i / 64 is set where it is true for row i.
struct Selection {
  Buffer<std::uint64_t> bits;
  std::size_t rows = 0;  // bits set
};

// Computes expressions for all rows. `errors`, unless null, is raised by the values that became
// null. Errors: those of the compiler; not_found for a column's bare name; with the first row at
// fault, overflow and the like; out_of_range: a u64 beyond 2^63 - 1 in an expression.
Result<std::vector<ColumnPtr>> evaluate(OpRunner& run, const Table& table,
                                        std::span<const Expression> expressions,
                                        const EvaluateOptions& options,
                                        std::uint64_t* errors = nullptr);

// Computes a predicate; null is not true. invalid_argument: the expression is no bool.
Result<Selection> select_rows(OpRunner& run, const Table& table, const Expression& where,
                              const EvaluateOptions& options, std::uint64_t* errors = nullptr);

}  // namespace weir::ops
