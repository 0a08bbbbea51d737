// Steps: what a list of operations makes of a table, one after the other.
//
//   WEIR_ASSIGN(auto where, Expression::parse("amount > 0.5"));
//   WEIR_ASSIGN(auto total, Aggregate::parse("sum(amount)"));
//   const std::vector<Step> steps = {FilterStep{where},
//                                    GroupStep{{{"country", Expression::column("country")}},
//                                              {{"total", total}}},
//                                    SortStep{{{Expression::column("total"), true}}}};
//   CpuRunner run(workers);                      // or an ExecuteRunner: devices, reports
//   WEIR_ASSIGN(const StepsResult result, run_steps(run, table, steps, {}));
//   result.table;  result.reports[0].rows_out;
//
// filter    rows for which the condition is true, in order
// map       sets columns; expressions see only columns from before the step
// select    the named columns, in that order
// sort      by keys, ties by row; nulls last either way unless nulls_first
// top_k     sort, then the first k; exactly that
// limit     k rows behind the first `offset`
// group     one row a group, in order of first appearance: the keys, then the aggregates
// aggregate one row: group without keys, which has a row even if the table has none
// distinct  the first row of each combination of keys (no keys: of all columns)
// join      left order, then right order within a match; null keys match nothing
// window    adds columns computed over neighbouring rows; see ops/window/window.hpp
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ops/join/match/join_match.hpp"
#include "ops/table/aggregate.hpp"
#include "ops/table/table.hpp"
#include "ops/window/window.hpp"

namespace weir::ops {

struct NamedExpression {
  std::string name;
  Expression expression;
};
struct NamedAggregate {
  std::string name;
  Aggregate aggregate;
};

struct FilterStep {
  Expression where;
};
struct MapStep {
  std::vector<NamedExpression> set;
};
struct SelectStep {
  std::vector<std::string> columns;
};
struct SortStep {
  std::vector<SortKey> by;
};
struct TopKStep {
  std::vector<SortKey> by;
  std::size_t k = 10;
};
struct LimitStep {
  std::size_t k = 10;
  std::size_t offset = 0;
};
struct GroupStep {
  std::vector<NamedExpression> by;
  std::vector<NamedAggregate> aggregates;
};
struct AggregateStep {
  std::vector<NamedAggregate> aggregates;
};
struct DistinctStep {
  std::vector<Expression> by;
};
// Columns of the right table follow those of the left; right keys of the name of their left key are
// left out, other names that both have are already_exists. Semi and anti joins add no columns.
struct JoinStep {
  Table with;
  std::vector<std::pair<std::string, std::string>> on;  // left and right column
  JoinKind kind = JoinKind::kInner;
};

using Step = std::variant<FilterStep, MapStep, SelectStep, SortStep, TopKStep, LimitStep, GroupStep,
                          AggregateStep, DistinctStep, JoinStep, WindowStep>;

struct StepReport {
  std::string_view op;
  std::size_t rows_in = 0;
  std::size_t rows_out = 0;
};

struct StepsResult {
  Table table;
  std::vector<StepReport> reports;
  std::uint64_t errors = 0;  // values that became null (EvaluateOptions::errors_are_null)
};

// Returns the name of a step's form: "filter", "top_k", ...
std::string_view step_name(const Step& step);

// Runs all steps. Errors are those of the step at fault, Status::field naming it: "steps[2].by".
// cancelled, deadline_exceeded: between steps.
Result<StepsResult> run_steps(OpRunner& run, const Table& table, std::span<const Step> steps,
                              const EvaluateOptions& options);

// One step by itself, adding to `errors`.
Result<Table> run_step(OpRunner& run, const Table& table, const Step& step,
                       const EvaluateOptions& options, std::uint64_t& errors);

}  // namespace weir::ops
