#include "ops/table/steps.hpp"

#include <numeric>

#include "ops/table/at_member.hpp"
#include "ops/table/filter_rows.hpp"
#include "ops/table/join_tables.hpp"
#include "ops/table/order.hpp"

namespace weir::ops {
namespace {

// Runs one step on one table.
class Runner {
 public:
  Runner(OpRunner& run, const Table& table, const EvaluateOptions& options, std::uint64_t& errors)
      : run_(run), table_(table), options_(options), errors_(errors) {}

  Result<Table> operator()(const FilterStep& step) {
    WEIR_ASSIGN(const Selection selection,
                at_member("where", select_rows(run_, table_, step.where, options_, &errors_)));
    return keep_rows(run_, table_, selection);
  }

  Result<Table> operator()(const MapStep& step) {
    WEIR_ASSIGN(const std::vector<ColumnPtr> columns, at_member("set", values(step.set)));
    Table out = table_;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      WEIR_TRY(out.set(step.set[i].name, columns[i]));
    }
    return out;
  }

  Result<Table> operator()(const SelectStep& step) {
    Table out;
    out.set_rows(table_.rows());
    for (const std::string& name : step.columns) {
      ColumnPtr column = table_.share(name);
      if (column == nullptr) return fail(unknown_column(table_, name).at("columns"));
      WEIR_TRY(at_member("columns", out.add(name, std::move(column))));
    }
    return out;
  }

  Result<Table> operator()(const SortStep& step) {
    WEIR_ASSIGN(const Buffer<std::uint32_t> rows,
                at_member("by", sorted_rows(run_, table_, step.by, options_, &errors_)));
    return take(table_, rows.span(), &run_.workers());
  }

  Result<Table> operator()(const TopKStep& step) {
    WEIR_ASSIGN(const Buffer<std::uint32_t> rows,
                at_member("by", top_rows(run_, table_, step.by, step.k, options_, &errors_)));
    return take(table_, rows.span(), &run_.workers());
  }

  Result<Table> operator()(const LimitStep& step) {
    if (step.offset == 0) return first_rows(table_, step.k);
    WEIR_TRY(check_rows(table_.rows()));
    const std::size_t begin = std::min(step.offset, table_.rows());
    Buffer<std::uint32_t> rows(std::min(step.k, table_.rows() - begin));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(begin));
    return take(table_, rows.span(), &run_.workers());
  }

  Result<Table> operator()(const GroupStep& step) {
    WEIR_ASSIGN(const std::vector<ColumnPtr> keys, at_member("by", values(step.by)));
    WEIR_ASSIGN(const GroupedRows groups, grouped_rows(run_, keys, table_.rows()));
    Table out;
    out.set_rows(groups.first_rows.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      WEIR_TRY(at_member("by", out.add(step.by[i].name, take(*keys[i], groups.first_rows.span()))));
    }
    WEIR_TRY(at_member(
        "aggregates",
        add_aggregates(step.aggregates, {groups.ids.span(), groups.first_rows.span()}, out)));
    return out;
  }

  Result<Table> operator()(const AggregateStep& step) {
    WEIR_TRY(check_rows(table_.rows()));
    Buffer<std::uint32_t> ids(table_.rows());
    ids.fill(0);
    const std::uint32_t first_row = 0;
    Table out;
    out.set_rows(1);
    WEIR_TRY(at_member("aggregates",
                       add_aggregates(step.aggregates, {ids.span(), {&first_row, 1}}, out)));
    return out;
  }

  Result<Table> operator()(const DistinctStep& step) {
    std::vector<ColumnPtr> keys;
    if (step.by.empty()) {
      for (const Table::Named& named : table_.columns()) keys.push_back(named.column);
    } else {
      WEIR_ASSIGN(keys, at_member("by", evaluate(run_, table_, step.by, options_, &errors_)));
    }
    WEIR_ASSIGN(const GroupedRows groups, grouped_rows(run_, keys, table_.rows()));
    return take(table_, groups.first_rows.span(), &run_.workers());
  }

  Result<Table> operator()(const JoinStep& step) {
    return join_tables(run_, table_, step.with, step.on, step.kind);
  }

  Result<Table> operator()(const WindowStep& step) {
    return add_window(run_, table_, step, options_, &errors_);
  }

 private:
  Result<std::vector<ColumnPtr>> values(std::span<const NamedExpression> named) {
    std::vector<Expression> expressions;
    for (const NamedExpression& one : named) expressions.push_back(one.expression);
    return evaluate(run_, table_, expressions, options_, &errors_);
  }

  Status add_aggregates(std::span<const NamedAggregate> aggregates, const Groups& groups,
                        Table& out) {
    std::vector<Expression> expressions;
    for (const NamedAggregate& one : aggregates) {
      if (one.aggregate.argument) expressions.push_back(*one.aggregate.argument);
    }
    WEIR_ASSIGN(const std::vector<ColumnPtr> arguments,
                evaluate(run_, table_, expressions, options_, &errors_));
    std::size_t next = 0;
    for (const NamedAggregate& one : aggregates) {
      const Column* argument = one.aggregate.argument ? arguments[next++].get() : nullptr;
      WEIR_ASSIGN(ColumnPtr column,
                  aggregate(run_, one.aggregate, argument, groups, options_, &errors_));
      WEIR_TRY(out.add(one.name, std::move(column)));
    }
    return Status::ok();
  }

  OpRunner& run_;
  const Table& table_;
  const EvaluateOptions& options_;
  std::uint64_t& errors_;
};

}  // namespace

std::string_view step_name(const Step& step) {
  static constexpr std::string_view kNames[] = {"filter",   "map",   "select", "sort",
                                                "top_k",    "limit", "group",  "aggregate",
                                                "distinct", "join",  "window"};
  static_assert(std::size(kNames) == std::variant_size_v<Step>);
  return kNames[step.index()];
}

Result<Table> run_step(OpRunner& run, const Table& table, const Step& step,
                       const EvaluateOptions& options, std::uint64_t& errors) {
  return std::visit(Runner(run, table, options, errors), step);
}

Result<StepsResult> run_steps(OpRunner& run, const Table& table, std::span<const Step> steps,
                              const EvaluateOptions& options) {
  StepsResult result{table, {}, 0};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    WEIR_TRY(run.go_on());
    Result<Table> next = run_step(run, result.table, steps[i], options, result.errors);
    if (!next) {
      const std::string field = next.error().error().field;
      return fail(std::move(next.error())
                      .at("steps[" + std::to_string(i) + "]" + (field.empty() ? "" : "." + field)));
    }
    result.reports.push_back({step_name(steps[i]), result.table.rows(), next->rows()});
    result.table = std::move(*next);
  }
  return result;
}

}  // namespace weir::ops
