// The aggregates read off their definitions, one group at a time.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "ops/group/block_moments.hpp"
#include "ops/group/block_sum.hpp"
#include "ops/table/aggregate.hpp"

namespace weir::ops {
namespace {

using expr::Value;

// A group's values that are not null, with their rows.
struct Member {
  std::size_t row;
  Value value;
};
using Members = std::vector<Member>;

double number(ColumnType type, const Value& value) {
  if (type.floating()) return value.f;
  if (type.is(ColumnKind::kU64)) return static_cast<double>(static_cast<std::uint64_t>(value.i));
  return sum_to_f64(type, value.i);
}

// The values of each block of 4,096 rows, in order.
std::map<std::size_t, std::vector<double>> blocks_of(ColumnType type, const Members& members) {
  std::map<std::size_t, std::vector<double>> blocks;
  for (const Member& m : members) {
    blocks[m.row / kGroupBlockRows].push_back(number(type, m.value));
  }
  return blocks;
}

double float_sum(ColumnType type, const Members& members) {
  BlockSum sum;
  for (const auto& [block, values] : blocks_of(type, members)) {
    double partial = 0;
    for (const double value : values) partial += value;
    sum.join(partial);
  }
  return sum.result();
}

__int128 integer_sum(ColumnType type, const Members& members) {
  __int128 sum = 0;
  for (const Member& m : members) {
    sum += type.is(ColumnKind::kU64) ? __int128{static_cast<std::uint64_t>(m.value.i)}
                                     : __int128{m.value.i};
  }
  return sum;
}

Value variance(AggregateKind kind, ColumnType type, const Members& members) {
  BlockMoments all;
  for (const auto& [block, values] : blocks_of(type, members)) {
    const auto n = static_cast<double>(values.size());
    double sum = 0;
    for (const double value : values) sum += value;
    const double m0 = sum / n;
    double e = 0;
    double a = 0;
    for (const double value : values) {
      const double d = value - m0;
      e += d;
      a += d * d;
    }
    all.join(BlockMoments::of(n, m0, e, a));
  }
  const bool sample = kind == AggregateKind::kVarSamp || kind == AggregateKind::kStddevSamp;
  if (members.size() < (sample ? 2 : 1)) return {};
  double value = all.m2 / (sample ? all.n - 1 : all.n);
  if (kind == AggregateKind::kStddevPop || kind == AggregateKind::kStddevSamp) {
    value = std::sqrt(value);
  }
  return Value::of_f64(one_nan(value));
}

Value quantile(ColumnType type, double q, const Members& members) {
  std::vector<Value> values;
  for (const Member& m : members) values.push_back(m.value);
  std::stable_sort(values.begin(), values.end(),
                   [&](const Value& a, const Value& b) { return compare_values(type, a, b) < 0; });
  const double h = static_cast<double>(values.size() - 1) * q;
  const auto low = static_cast<std::size_t>(h);
  const double part = h - static_cast<double>(low);
  const double below = number(type, values[low]);
  const double above = number(type, values[std::min(low + 1, values.size() - 1)]);
  return Value::of_f64(
      one_nan(part == 0 || below == above ? below : below + (above - below) * part));
}

std::int64_t count_distinct(ColumnType type, const Members& members) {
  std::vector<Value> seen;
  for (const Member& m : members) {
    const bool known = std::any_of(seen.begin(), seen.end(), [&](const Value& value) {
      return compare_values(type, value, m.value) == 0;
    });
    if (!known) seen.push_back(m.value);
  }
  return static_cast<std::int64_t>(seen.size());
}

Value extreme(ColumnType type, const Members& members, int sign) {
  Value best = members.front().value;
  for (const Member& m : members) {
    if (compare_values(type, m.value, best) == sign) best = m.value;
  }
  return best;
}

// The row of the value that takes a sum beyond its type.
std::size_t row_beyond(ColumnType type, const Members& members) {
  Members some;
  for (const Member& m : members) {
    some.push_back(m);
    if (!sum_fits(type, integer_sum(type, some))) break;
  }
  return some.back().row;
}

Result<Value> one(const Aggregate& what, ColumnType type, const Members& members,
                  const EvaluateOptions& options) {
  if (what.kind == AggregateKind::kCount) {
    return Value::of_i64(static_cast<std::int64_t>(members.size()));
  }
  if (what.kind == AggregateKind::kCountDistinct) {
    return Value::of_i64(count_distinct(type, members));
  }
  if (members.empty()) return Value{};
  switch (what.kind) {
    case AggregateKind::kSum: {
      if (type.floating()) return Value::of_f64(float_sum(type, members));
      const __int128 sum = integer_sum(type, members);
      if (!sum_fits(type, sum)) {
        if (options.errors_are_null) return Value{};
        return fail(sum_overflow(row_beyond(type, members)));
      }
      return Value::of_i64(static_cast<std::int64_t>(sum));
    }
    case AggregateKind::kAvg: {
      const auto n = static_cast<double>(members.size());
      if (type.floating()) return Value::of_f64(one_nan(float_sum(type, members) / n));
      return Value::of_f64(sum_to_f64(type, integer_sum(type, members)) / n);
    }
    case AggregateKind::kMin:
      return extreme(type, members, -1);
    case AggregateKind::kMax:
      return extreme(type, members, 1);
    case AggregateKind::kFirst:
      return members.front().value;
    case AggregateKind::kLast:
      return members.back().value;
    case AggregateKind::kQuantile:
      return quantile(type, what.q, members);
    default:
      return variance(what.kind, type, members);
  }
}

}  // namespace

Result<ColumnPtr> aggregate_reference(const Aggregate& what, const Column* values,
                                      const Groups& groups, const EvaluateOptions& options) {
  const ColumnType argument = values == nullptr ? ColumnType::i64() : values->type();
  WEIR_ASSIGN(const ColumnType type,
              aggregate_type(what.kind, values == nullptr ? nullptr : &argument));
  std::vector<Members> members(groups.count());
  for (std::size_t row = 0; row < groups.ids.size(); ++row) {
    const Value value = values == nullptr ? Value::of_i64(0) : values->at(row);
    if (!value.null) members[groups.ids[row]].push_back({row, value});
  }
  ColumnBuilder out(type);
  for (std::size_t g = 0; g < groups.count(); ++g) {
    WEIR_ASSIGN(const Value value, one(what, argument, members[g], options));
    WEIR_TRY(out.append(value));
  }
  return out.finish();
}

}  // namespace weir::ops
