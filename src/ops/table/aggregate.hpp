// Aggregates: one value a group of the values of an expression.
//
//   WEIR_ASSIGN(const Aggregate sum, Aggregate::parse("sum(amount * 2)"));
//   WEIR_ASSIGN(const Aggregate median, Aggregate::parse("quantile(latency, 0.5)"));
//
//   count() rows; count(x) values; sum, avg, min, max, first, last, count_distinct (values)
//   var_pop, var_samp, stddev_pop, stddev_samp; quantile(x, q) linear, h = (n - 1) q
//
// Nulls are skipped; over no values count is 0 and everything else null, as is a sample variance of
// one. Types: count is i64; sum is f64 of floats, else the argument's own type with i32 as i64,
// computed in 128 bits; min, max, first and last are the argument's; the rest is f64. f64 sums and
// moments are class `fixed`: blocks of 4,096 rows, joined in order (see BlockSum).
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>

#include "ops/op_runner.hpp"
#include "ops/table/expression.hpp"

namespace weir::ops {

enum class AggregateKind : std::uint8_t {
  kCount,
  kSum,
  kAvg,
  kMin,
  kMax,
  kVarPop,
  kVarSamp,
  kStddevPop,
  kStddevSamp,
  kFirst,
  kLast,
  kCountDistinct,
  kQuantile,
};

struct Aggregate {
  AggregateKind kind = AggregateKind::kCount;
  std::optional<Expression> argument;  // none: count of rows
  double q = 0.5;                      // kQuantile

  // Errors: aggregate_syntax, aggregate_unknown (with the nearest), those of the expression.
  static Result<Aggregate> parse(std::string_view text);
  std::string print() const;
};

// Returns the name: "sum", "stddev_pop", ...
std::string_view aggregate_name(AggregateKind kind);

// The groups of a table's rows.
struct Groups {
  std::span<const std::uint32_t> ids;         // of each row
  std::span<const std::uint32_t> first_rows;  // of each group
  std::size_t count() const { return first_rows.size(); }
};

// Computes one aggregate for each group; `values` is the argument's column, or null for count().
// invalid_argument: a type that the aggregate does not take; an integer or decimal sum beyond its
// type, naming the first row of its group with which it is. With options.errors_are_null such a sum
// is null, and `errors`, unless null, is raised by one.
Result<ColumnPtr> aggregate(OpRunner& run, const Aggregate& what, const Column* values,
                            const Groups& groups, const EvaluateOptions& options = {},
                            std::uint64_t* errors = nullptr);

// The same for every group by itself, value by value: what aggregate() is tested against.
Result<ColumnPtr> aggregate_reference(const Aggregate& what, const Column* values,
                                      const Groups& groups, const EvaluateOptions& options = {});

// Checks that the aggregate takes a type; returns the type of its values.
Result<ColumnType> aggregate_type(AggregateKind kind, const ColumnType* argument);
// The value of an integer as a double: units / 10^scale of decimals.
double sum_to_f64(ColumnType type, __int128 sum);
// Returns the value, or the one NaN that aggregates answer, whatever the machine made.
inline double one_nan(double value) {
  return value == value ? value : std::numeric_limits<double>::quiet_NaN();
}
// Whether a sum fits its type.
bool sum_fits(ColumnType type, __int128 sum);
// The error of one that does not: that of a group by the row with which it does not, of a frame by
// its own.
Status sum_overflow(std::uint64_t row);

}  // namespace weir::ops
