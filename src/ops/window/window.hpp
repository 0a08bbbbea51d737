// Windows: for each row, a value computed from its neighbours in an order.
//
//   WEIR_ASSIGN(auto recent, WindowFunction::parse("sum(amount)"));
//   WindowStep step{.partition = {Expression::column("card")},
//                   .order = {{Expression::column("time")}},
//                   .frame = Frame::rows(-9, 0),                       // this row and nine before
//                   .set = {{"last_ten", recent}}};
//   WEIR_ASSIGN(const Table table, add_window(run, table, step, {}, &errors));
//
// Rows are ordered within their partition, ties by row; results stand in the rows they belong to.
//   any aggregate    of the rows of the frame
//   row_number()     place in the partition, from 1
//   rank()           1 + rows that precede the first row with equal order keys
//   lag(x [, n])     x of the row n places before (n = 1 unless given), null at the edge
//   lead(x [, n])    the same, after
// Without a frame: the whole partition, or with an order the rows up to this one. A range frame
// holds the rows whose one order key, an integer, decimal or timestamp, lies that far from this
// row's; rows with a null key form a frame of their own. Sums of f64 are compensated (TwoSum) in
// order over the frame, moments are joined value by value: class `fixed`. Cost: a sort; sums and
// moments of f64 in frames whose start moves are added up anew for each row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ops/table/aggregate.hpp"
#include "ops/table/order.hpp"

namespace weir::ops {

struct Frame {
  enum class Kind : std::uint8_t { kDefault, kRows, kRange };
  Kind kind = Kind::kDefault;
  // Places (kRows), or units of the order key (kRange): from `begin` to `end`, both included.
  // Nothing: to the edge of the partition.
  std::optional<std::int64_t> begin;
  std::optional<std::int64_t> end;

  static Frame rows(std::optional<std::int64_t> begin, std::optional<std::int64_t> end) {
    return {Kind::kRows, begin, end};
  }
  static Frame range(std::optional<std::int64_t> begin, std::optional<std::int64_t> end) {
    return {Kind::kRange, begin, end};
  }
};

struct WindowFunction {
  enum class Kind : std::uint8_t { kAggregate, kRowNumber, kRank, kLag, kLead };
  Kind kind = Kind::kAggregate;
  Aggregate aggregate;                 // kAggregate
  std::optional<Expression> argument;  // kLag, kLead
  std::int64_t offset = 1;             // kLag, kLead

  // Errors: window_syntax and those of Aggregate::parse.
  static Result<WindowFunction> parse(std::string_view text);
};

struct WindowStep {
  struct Named {
    std::string name;
    WindowFunction function;
  };
  std::vector<Expression> partition;
  std::vector<SortKey> order;
  Frame frame;
  std::vector<Named> set;
};

// Adds the columns of a window step to a table. Errors: those of expressions and aggregates;
// invalid_argument frame_order: a range frame without one order key of a type with distances.
Result<Table> add_window(OpRunner& run, const Table& table, const WindowStep& step,
                         const EvaluateOptions& options, std::uint64_t* errors);

}  // namespace weir::ops
