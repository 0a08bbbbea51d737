#include "ops/table/steps_reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "ops/group/block_moments.hpp"
#include "ops/group/block_sum.hpp"

namespace weir::ops {
namespace {

using expr::Value;
using Rows = std::vector<std::uint32_t>;

int compare_cells(const Column& column, std::size_t a, std::size_t b, KeyOrder order) {
  const Value left = column.at(a);
  const Value right = column.at(b);
  if (left.null || right.null) {
    const int nulls_last = static_cast<int>(left.null) - static_cast<int>(right.null);
    return order.nulls_first ? -nulls_last : nulls_last;
  }
  const int way = compare_values(column.type(), left, right);
  return order.descending ? -way : way;
}

bool equal_cells(const Column& left, std::size_t a, const Column& right, std::size_t b) {
  const Value x = left.at(a);
  const Value y = right.at(b);
  if (x.null || y.null) return x.null && y.null;
  return compare_values(left.type(), x, y) == 0;
}

struct Naive {
  OpRunner& run;
  const Table& table;
  const EvaluateOptions& options;

  Result<std::vector<ColumnPtr>> values(const std::vector<Expression>& expressions) const {
    return evaluate(run, table, expressions, options);
  }
  Rows all_rows() const {
    Rows rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
  }

  Result<Rows> sorted(const std::vector<SortKey>& by) const {
    std::vector<Expression> expressions;
    for (const SortKey& key : by) expressions.push_back(key.by);
    WEIR_ASSIGN(const auto keys, values(expressions));
    Rows rows = all_rows();
    std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
      for (std::size_t k = 0; k < by.size(); ++k) {
        const int way = compare_cells(*keys[k], a, b, {by[k].descending, by[k].nulls_first});
        if (way != 0) return way < 0;
      }
      return false;
    });
    return rows;
  }

  static void number_groups(const std::vector<ColumnPtr>& keys, std::size_t rows, Rows& ids,
                            Rows& first_rows) {
    for (std::uint32_t row = 0; row < rows; ++row) {
      std::uint32_t g = 0;
      for (; g < first_rows.size(); ++g) {
        const bool same = std::all_of(keys.begin(), keys.end(), [&](const ColumnPtr& key) {
          return equal_cells(*key, row, *key, first_rows[g]);
        });
        if (same) break;
      }
      if (g == first_rows.size()) first_rows.push_back(row);
      ids.push_back(g);
    }
  }

  Status aggregates(const std::vector<NamedAggregate>& wanted, const Rows& ids,
                    const Rows& first_rows, Table& out) const {
    for (const NamedAggregate& one : wanted) {
      ColumnPtr argument;
      if (one.aggregate.argument) {
        WEIR_ASSIGN(const auto columns, values({*one.aggregate.argument}));
        argument = columns[0];
      }
      WEIR_ASSIGN(ColumnPtr column,
                  aggregate_reference(one.aggregate, argument.get(), {ids, first_rows}, options));
      WEIR_TRY(out.add(one.name, std::move(column)));
    }
    return Status::ok();
  }

  Result<Table> operator()(const FilterStep& step) const {
    WEIR_ASSIGN(const auto where, values({step.where}));
    Rows rows;
    for (const std::uint32_t row : all_rows()) {
      if (where[0]->valid(row) && where[0]->bit(row)) rows.push_back(row);
    }
    return take(table, rows);
  }
  Result<Table> operator()(const MapStep& step) const {
    Table out = table;
    for (const NamedExpression& one : step.set) {
      WEIR_ASSIGN(const auto columns, values({one.expression}));
      WEIR_TRY(out.set(one.name, columns[0]));
    }
    return out;
  }
  Result<Table> operator()(const SelectStep& step) const {
    Table out;
    out.set_rows(table.rows());
    for (const std::string& name : step.columns) WEIR_TRY(out.add(name, table.share(name)));
    return out;
  }
  Result<Table> operator()(const SortStep& step) const {
    WEIR_ASSIGN(const Rows rows, sorted(step.by));
    return take(table, rows);
  }
  Result<Table> operator()(const TopKStep& step) const {
    WEIR_ASSIGN(Rows rows, sorted(step.by));
    rows.resize(std::min(rows.size(), step.k));
    return take(table, rows);
  }
  Result<Table> operator()(const LimitStep& step) const {
    Rows rows;
    for (const std::uint32_t row : all_rows()) {
      if (row >= step.offset && rows.size() < step.k) rows.push_back(row);
    }
    return take(table, rows);
  }
  Result<Table> operator()(const GroupStep& step) const {
    std::vector<Expression> by;
    for (const NamedExpression& one : step.by) by.push_back(one.expression);
    WEIR_ASSIGN(const auto keys, values(by));
    Rows ids;
    Rows first_rows;
    number_groups(keys, table.rows(), ids, first_rows);
    Table out;
    out.set_rows(first_rows.size());
    for (std::size_t k = 0; k < keys.size(); ++k) {
      WEIR_TRY(out.add(step.by[k].name, take(*keys[k], first_rows)));
    }
    WEIR_TRY(aggregates(step.aggregates, ids, first_rows, out));
    return out;
  }
  Result<Table> operator()(const AggregateStep& step) const {
    Table out;
    out.set_rows(1);
    WEIR_TRY(aggregates(step.aggregates, Rows(table.rows()), Rows{0}, out));
    return out;
  }
  Result<Table> operator()(const DistinctStep& step) const {
    std::vector<ColumnPtr> keys;
    for (const Table::Named& named : table.columns()) keys.push_back(named.column);
    if (!step.by.empty()) {
      WEIR_ASSIGN(keys, values(step.by));
    }
    Rows ids;
    Rows first_rows;
    number_groups(keys, table.rows(), ids, first_rows);
    return take(table, first_rows);
  }
  Result<Table> operator()(const JoinStep& step) const;
  Result<Table> operator()(const WindowStep& step) const;
};

Result<Table> Naive::operator()(const JoinStep& step) const {
  const auto matches = [&](std::uint32_t left, std::uint32_t right) {
    return std::all_of(step.on.begin(), step.on.end(), [&](const auto& pair) {
      const Column& l = *table.find(pair.first);
      const Column& r = *step.with.find(pair.second);
      return l.valid(left) && r.valid(right) && equal_cells(l, left, r, right);
    });
  };
  Rows left_rows;
  Rows right_rows;
  for (const std::uint32_t left : all_rows()) {
    const std::size_t before = right_rows.size();
    for (std::uint32_t right = 0; right < step.with.rows(); ++right) {
      if (matches(left, right)) right_rows.push_back(right);
    }
    const std::size_t found = right_rows.size() - before;
    if (step.kind == JoinKind::kSemi || step.kind == JoinKind::kAnti) {
      if ((found != 0) == (step.kind == JoinKind::kSemi)) left_rows.push_back(left);
      continue;
    }
    if (found == 0 && step.kind == JoinKind::kLeft) right_rows.push_back(Column::kNoRow);
    left_rows.resize(right_rows.size(), left);
  }
  Table out = take(table, left_rows);
  if (step.kind == JoinKind::kSemi || step.kind == JoinKind::kAnti) return out;
  for (const Table::Named& named : step.with.columns()) {
    const bool key = std::any_of(step.on.begin(), step.on.end(), [&](const auto& pair) {
      return pair.first == named.name && pair.second == named.name;
    });
    if (!key) WEIR_TRY(out.add(named.name, take(*named.column, right_rows)));
  }
  return out;
}

// The rows of one row's frame, in order.
struct NaiveFrame {
  const WindowStep& step;
  const std::vector<ColumnPtr>& keys;

  Rows of(const Rows& partition, std::size_t place) const {
    Frame frame = step.frame;
    if (frame.kind == Frame::Kind::kDefault && !step.order.empty()) {
      frame = Frame::rows(std::nullopt, 0);
    }
    Rows out;
    for (std::size_t p = 0; p < partition.size(); ++p) {
      const bool in =
          frame.kind == Frame::Kind::kRange
              ? in_range(frame, partition[place], partition[p])
              : in_rows(frame, static_cast<std::int64_t>(p) - static_cast<std::int64_t>(place));
      if (in) out.push_back(partition[p]);
    }
    return out;
  }
  static bool in_rows(const Frame& frame, std::int64_t distance) {
    return (!frame.begin || distance >= *frame.begin) && (!frame.end || distance <= *frame.end);
  }
  bool in_range(const Frame& frame, std::uint32_t row, std::uint32_t other) const {
    const Value own = keys[0]->at(row);
    const Value its = keys[0]->at(other);
    if (own.null || its.null) return own.null && its.null;
    const __int128 distance =
        step.order[0].descending ? __int128{own.i} - its.i : __int128{its.i} - own.i;
    return (!frame.begin || distance >= *frame.begin) && (!frame.end || distance <= *frame.end);
  }
};

// Sums and moments over a frame are defined value by value, not by blocks of rows.
Result<Value> frame_value(const Aggregate& what, const Column* argument, const Rows& frame) {
  using Kind = AggregateKind;
  const bool moments = what.kind == Kind::kVarPop || what.kind == Kind::kVarSamp ||
                       what.kind == Kind::kStddevPop || what.kind == Kind::kStddevSamp;
  const bool sums = what.kind == Kind::kSum || what.kind == Kind::kAvg;
  if (argument != nullptr && argument->type().numeric() &&
      (moments || (sums && argument->type().floating()))) {
    BlockSum sum;
    BlockMoments all;
    for (const std::uint32_t row : frame) {
      if (!argument->valid(row)) continue;
      const Value value = argument->at(row);
      const double x =
          argument->type().floating() ? value.f : sum_to_f64(argument->type(), value.i);
      sum.join(x);
      all.join({1, x, 0});
    }
    const bool sample = what.kind == Kind::kVarSamp || what.kind == Kind::kStddevSamp;
    if (all.n < (sample ? 2 : 1)) return Value{};
    double value = sum.result();
    if (what.kind == Kind::kAvg) value /= all.n;
    if (moments) value = all.m2 / (sample ? all.n - 1 : all.n);
    if (what.kind == Kind::kStddevPop || what.kind == Kind::kStddevSamp) value = std::sqrt(value);
    return Value::of_f64(one_nan(value));
  }
  ColumnPtr values;
  if (argument != nullptr) values = take(*argument, frame);
  WEIR_ASSIGN(const ColumnPtr one,
              aggregate_reference(what, values.get(), {Rows(frame.size()), Rows{0}}));
  Value value = one->at(0);
  if (one->type().is(ColumnKind::kString) && !value.null) {
    // The texts of `one` go away; the same text stands in the argument.
    for (const std::uint32_t row : frame) {
      if (argument->valid(row) && argument->text(row) == value.s) value.s = argument->text(row);
    }
  }
  return value;
}

// One function's value at a place of a partition.
Result<Value> window_value(const WindowFunction& f, const Column* argument,
                           const NaiveFrame& frames, const Rows& partition, std::size_t place) {
  const auto at = static_cast<std::int64_t>(place);
  if (f.kind == WindowFunction::Kind::kAggregate) {
    return frame_value(f.aggregate, argument, frames.of(partition, place));
  }
  if (f.kind == WindowFunction::Kind::kRowNumber) return Value::of_i64(at + 1);
  if (f.kind == WindowFunction::Kind::kRank) {
    std::size_t peer = place;
    while (peer > 0 &&
           std::all_of(frames.keys.begin(), frames.keys.end(), [&](const ColumnPtr& key) {
             return equal_cells(*key, partition[peer - 1], *key, partition[place]);
           })) {
      --peer;
    }
    return Value::of_i64(static_cast<std::int64_t>(peer) + 1);
  }
  const std::int64_t other = f.kind == WindowFunction::Kind::kLag ? at - f.offset : at + f.offset;
  if (other < 0 || other >= static_cast<std::int64_t>(partition.size())) return Value{};
  return argument->at(partition[static_cast<std::size_t>(other)]);
}

// One function's column, from the partitions' rows in order.
Result<ColumnPtr> window_column(const WindowFunction& f, const Column* argument, ColumnType type,
                                const NaiveFrame& frames, const std::vector<Rows>& partitions,
                                std::size_t rows, const EvaluateOptions& options) {
  std::vector<Value> results(rows);
  std::uint32_t beyond = Column::kNoRow;
  for (const Rows& partition : partitions) {
    for (std::size_t place = 0; place < partition.size(); ++place) {
      const auto got = window_value(f, argument, frames, partition, place);
      if (got) {
        results[partition[place]] = *got;
      } else if (got.error().reason() == "sum_overflow") {
        beyond = std::min(beyond, partition[place]);
      } else {
        return fail(got.error());
      }
    }
  }
  if (beyond != Column::kNoRow && !options.errors_are_null) return fail(sum_overflow(beyond));
  ColumnBuilder built(type);
  for (const Value& value : results) WEIR_TRY(built.append(value));
  return built.finish();
}

Result<Table> Naive::operator()(const WindowStep& step) const {
  WEIR_ASSIGN(const auto parts, values(step.partition));
  std::vector<Expression> order_expressions;
  for (const SortKey& key : step.order) order_expressions.push_back(key.by);
  WEIR_ASSIGN(const auto keys, values(order_expressions));
  Rows ids;
  Rows first_rows;
  number_groups(parts, table.rows(), ids, first_rows);
  WEIR_ASSIGN(const Rows order, sorted(step.order));
  std::vector<Rows> partitions(first_rows.size());
  for (const std::uint32_t row : order) partitions[ids[row]].push_back(row);
  Table out = table;
  for (const WindowStep::Named& named : step.set) {
    const WindowFunction& f = named.function;
    const bool aggregates = f.kind == WindowFunction::Kind::kAggregate;
    const std::optional<Expression>& argument = aggregates ? f.aggregate.argument : f.argument;
    ColumnPtr column;
    if (argument) {
      WEIR_ASSIGN(const auto columns, values({*argument}));
      column = columns[0];
    }
    ColumnType type = column != nullptr ? column->type() : ColumnType::i64();
    if (aggregates) {
      const ColumnType given = type;
      WEIR_ASSIGN(type, aggregate_type(f.aggregate.kind, column == nullptr ? nullptr : &given));
    }
    WEIR_ASSIGN(ColumnPtr made, window_column(f, column.get(), type, {step, keys}, partitions,
                                              table.rows(), options));
    WEIR_TRY(out.set(named.name, std::move(made)));
  }
  return out;
}

}  // namespace

Result<Table> run_step_reference(OpRunner& run, const Table& table, const Step& step,
                                 const EvaluateOptions& options) {
  return std::visit(Naive{run, table, options}, step);
}

std::string table_difference(const Table& expected, const Table& got) {
  if (expected.rows() != got.rows() || expected.columns().size() != got.columns().size()) {
    return std::to_string(expected.rows()) + " rows of " +
           std::to_string(expected.columns().size()) + " columns, got " +
           std::to_string(got.rows()) + " of " + std::to_string(got.columns().size());
  }
  for (std::size_t c = 0; c < expected.columns().size(); ++c) {
    const Table::Named& a = expected.columns()[c];
    const Table::Named& b = got.columns()[c];
    if (a.name != b.name || a.column->type() != b.column->type()) {
      return "column " + std::to_string(c) + ": " + a.name + " " +
             column_type_name(a.column->type()) + ", got " + b.name + " " +
             column_type_name(b.column->type());
    }
    for (std::size_t row = 0; row < expected.rows(); ++row) {
      const Value x = a.column->at(row);
      const Value y = b.column->at(row);
      const bool same =
          x.null == y.null &&
          (x.null || (x.i == y.i && std::memcmp(&x.f, &y.f, sizeof(x.f)) == 0 && x.s == y.s));
      if (same) continue;
      const auto shown = [](const Value& v) {
        return v.null
                   ? std::string("null")
                   : std::to_string(v.i) + " / " + std::to_string(v.f) + " / " + std::string(v.s);
      };
      return a.name + "[" + std::to_string(row) + "]: " + shown(x) + ", got " + shown(y);
    }
  }
  return {};
}

}  // namespace weir::ops
