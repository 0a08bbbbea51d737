#include "ops/table/aggregate.hpp"

#include <algorithm>
#include <cmath>

#include "ops/group/assign/group_assign.hpp"
#include "ops/group/block_moments.hpp"
#include "ops/group/sum/group_sum.hpp"
#include "ops/sort/argsort/argsort.hpp"
#include "ops/table/key.hpp"

namespace weir::ops {
namespace {

std::shared_ptr<Column> make_column(ColumnType type, std::size_t rows) {
  return std::make_shared<Column>(type, rows);
}

// Sets the validity of `column` to where valid(g) is true.
template <class Valid>
void set_valid(Column& column, Valid&& valid) {
  Buffer<std::uint64_t> words((column.rows() + 63) / 64);
  if (words.empty()) return;
  words.fill(0);
  for (std::size_t g = 0; g < column.rows(); ++g) {
    words[g / 64] |= static_cast<std::uint64_t>(valid(g)) << (g % 64);
  }
  column.set_validity(std::move(words));
}

// Calls visit(row) for each row with a value.
template <class Visit>
void each_valid(const Column& values, Visit&& visit) {
  if (!values.nullable()) {
    for (std::size_t row = 0; row < values.rows(); ++row) visit(row);
    return;
  }
  for (std::size_t row = 0; row < values.rows(); ++row) {
    if (values.valid(row)) visit(row);
  }
}

// Calls use(get), get(row) giving the values as T: widened integers, or doubles of any number.
template <class Use>
void with_integers(const Column& values, Use&& use) {
  if (values.type().is(ColumnKind::kI32)) {
    use([from = values.values<std::int32_t>().data()](std::size_t row) -> __int128 {
      return from[row];
    });
  } else if (values.type().is(ColumnKind::kU64)) {
    use([from = values.values<std::uint64_t>().data()](std::size_t row) -> __int128 {
      return from[row];
    });
  } else {
    use([from = values.values<std::int64_t>().data()](std::size_t row) -> __int128 {
      return from[row];
    });
  }
}

// The values as doubles; those of null rows are +0.0.
Buffer<double> as_doubles(const Column& values) {
  Buffer<double> out(values.rows());
  out.fill(0.0);
  if (values.type().is(ColumnKind::kF64)) {
    each_valid(values, [&](std::size_t row) { out[row] = values.values<double>()[row]; });
  } else if (values.type().is(ColumnKind::kF32)) {
    each_valid(values, [&](std::size_t row) {
      out[row] = static_cast<double>(values.values<float>()[row]);
    });
  } else {
    with_integers(values, [&](auto get) {
      each_valid(values, [&](std::size_t row) { out[row] = sum_to_f64(values.type(), get(row)); });
    });
  }
  return out;
}

Buffer<std::int64_t> counts_of(const Column* values, const Groups& groups) {
  Buffer<std::int64_t> counts(groups.count());
  counts.fill(0);
  if (values == nullptr) {
    for (const std::uint32_t id : groups.ids) ++counts[id];
  } else {
    each_valid(*values, [&](std::size_t row) { ++counts[groups.ids[row]]; });
  }
  return counts;
}

ColumnPtr count(const Column* values, const Groups& groups) {
  const Buffer<std::int64_t> counts = counts_of(values, groups);
  return Column::of<std::int64_t>(ColumnType::i64(), counts.span());
}

Status float_sums(OpRunner& run, const Column& values, const Groups& groups,
                  std::span<double> sums) {
  GroupSum::Output out{sums};
  GroupSum::Args args{groups.ids, {}, static_cast<std::uint32_t>(groups.count()), {}};
  Buffer<double> widened;
  if (values.type().is(ColumnKind::kF64)) {
    args.values = values.values<double>();
    args.validity = values.validity();
  } else {
    widened = as_doubles(values);
    args.values = widened.span();
  }
  return run.run<GroupSum>(args, out);
}

Buffer<__int128> integer_sums(const Column& values, const Groups& groups) {
  Buffer<__int128> sums(groups.count());
  sums.fill(0);
  with_integers(values, [&](auto get) {
    each_valid(values, [&](std::size_t row) { sums[groups.ids[row]] += get(row); });
  });
  return sums;
}

// The first row with which the sum of a group is beyond its type.
std::size_t row_beyond(ColumnType type, const Column& values, const Groups& groups, std::size_t g) {
  std::size_t beyond = groups.first_rows[g];
  __int128 sum = 0;
  with_integers(values, [&](auto get) {
    each_valid(values, [&](std::size_t row) {
      if (groups.ids[row] != g || !sum_fits(type, sum)) return;
      sum += get(row);
      beyond = row;
    });
  });
  return beyond;
}

Result<ColumnPtr> integer_sum(ColumnType type, const Column& values, const Groups& groups,
                              const EvaluateOptions& options, std::uint64_t* errors) {
  const auto out = make_column(type, groups.count());
  const Buffer<__int128> sums = integer_sums(values, groups);
  const auto to = out->mutable_values<std::int64_t>();
  std::uint64_t lost = 0;
  for (std::size_t g = 0; g < sums.size(); ++g) {
    const bool fits = sum_fits(type, sums[g]);
    if (!fits && !options.errors_are_null) {
      return fail(sum_overflow(row_beyond(type, values, groups, g)));
    }
    lost += fits ? 0 : 1;
    to[g] = fits ? static_cast<std::int64_t>(sums[g]) : 0;
  }
  if (errors != nullptr) *errors += lost;
  if (values.nullable() || values.rows() == 0 || lost != 0) {
    const Buffer<std::int64_t> counts = counts_of(&values, groups);
    set_valid(*out, [&](std::size_t g) { return counts[g] != 0 && sum_fits(type, sums[g]); });
  }
  return out;
}

Result<ColumnPtr> float_sum(OpRunner& run, ColumnType type, const Column& values,
                            const Groups& groups) {
  const auto out = make_column(type, groups.count());
  WEIR_TRY(float_sums(run, values, groups, out->mutable_values<double>()));
  if (values.nullable() || values.rows() == 0) {
    const Buffer<std::int64_t> counts = counts_of(&values, groups);
    set_valid(*out, [&](std::size_t g) { return counts[g] != 0; });
  }
  return out;
}

Result<ColumnPtr> average(OpRunner& run, const Column& values, const Groups& groups) {
  const auto out = make_column(ColumnType::f64(), groups.count());
  const auto to = out->mutable_values<double>();
  if (values.type().floating()) {
    WEIR_TRY(float_sums(run, values, groups, to));
  } else {
    const Buffer<__int128> sums = integer_sums(values, groups);
    for (std::size_t g = 0; g < sums.size(); ++g) to[g] = sum_to_f64(values.type(), sums[g]);
  }
  const Buffer<std::int64_t> counts = counts_of(&values, groups);
  for (std::size_t g = 0; g < counts.size(); ++g) {
    to[g] = one_nan(to[g] / static_cast<double>(counts[g]));
  }
  set_valid(*out, [&](std::size_t g) { return counts[g] != 0; });
  return out;
}

// The rows of the least or greatest values; of equal ones the first.
ColumnPtr extreme(const Column& values, const Groups& groups, bool greatest) {
  const KeyColumn key{&values, {.descending = greatest}};
  const KeyWords words = encode_keys({&key, 1}, values.rows(), KeyUse::kOrder);
  // Among rows with values the last word decides alone.
  const std::uint64_t* const images = words.words.data() + (words.count - 1) * values.rows();
  Buffer<std::uint64_t> best(groups.count());
  Buffer<std::uint32_t> rows(groups.count());
  rows.fill(Column::kNoRow);
  each_valid(values, [&](std::size_t row) {
    const std::uint32_t id = groups.ids[row];
    if (rows[id] != Column::kNoRow && best[id] <= images[row]) return;
    best[id] = images[row];
    rows[id] = static_cast<std::uint32_t>(row);
  });
  return take(values, rows.span());
}

ColumnPtr edge(const Column& values, const Groups& groups, bool last) {
  Buffer<std::uint32_t> rows(groups.count());
  rows.fill(Column::kNoRow);
  each_valid(values, [&](std::size_t row) {
    std::uint32_t& at = rows[groups.ids[row]];
    if (last || at == Column::kNoRow) at = static_cast<std::uint32_t>(row);
  });
  return take(values, rows.span());
}

Buffer<BlockMoments> moments(const Column& values, const Groups& groups) {
  struct Block {
    double n = 0;
    double sum = 0;  // then the block's first mean
    double e = 0;
    double a = 0;
  };
  const Buffer<double> x = as_doubles(values);
  Buffer<BlockMoments> all(groups.count());
  all.fill({});
  Buffer<Block> blocks(groups.count());
  blocks.fill({});
  std::vector<std::uint32_t> touched;
  for (std::size_t begin = 0; begin < x.size(); begin += kGroupBlockRows) {
    const std::size_t end = std::min(x.size(), begin + kGroupBlockRows);
    touched.clear();
    for (std::size_t row = begin; row < end; ++row) {
      if (!values.valid(row)) continue;
      Block& block = blocks[groups.ids[row]];
      if (block.n == 0) touched.push_back(groups.ids[row]);
      block.n += 1;
      block.sum += x[row];
    }
    for (const std::uint32_t id : touched) blocks[id].sum /= blocks[id].n;
    for (std::size_t row = begin; row < end; ++row) {
      if (!values.valid(row)) continue;
      Block& block = blocks[groups.ids[row]];
      const double d = x[row] - block.sum;
      block.e += d;
      block.a += d * d;
    }
    for (const std::uint32_t id : touched) {
      const Block& block = blocks[id];
      all[id].join(BlockMoments::of(block.n, block.sum, block.e, block.a));
      blocks[id] = {};
    }
  }
  return all;
}

ColumnPtr variance(AggregateKind kind, const Column& values, const Groups& groups) {
  const bool sample = kind == AggregateKind::kVarSamp || kind == AggregateKind::kStddevSamp;
  const bool root = kind == AggregateKind::kStddevPop || kind == AggregateKind::kStddevSamp;
  const Buffer<BlockMoments> all = moments(values, groups);
  const auto out = make_column(ColumnType::f64(), groups.count());
  const auto to = out->mutable_values<double>();
  for (std::size_t g = 0; g < all.size(); ++g) {
    const double value = all[g].m2 / (sample ? all[g].n - 1 : all[g].n);
    to[g] = one_nan(root ? std::sqrt(value) : value);
  }
  set_valid(*out, [&](std::size_t g) { return all[g].n > (sample ? 1 : 0); });
  return out;
}

// Numbers of equal pairs (group, value).
Result<ColumnPtr> count_distinct(OpRunner& run, const Column& values, const Groups& groups) {
  const KeyColumn key{&values};
  const KeyWords words = encode_keys({&key, 1}, values.rows(), KeyUse::kEquality);
  Buffer<std::uint32_t> ids(values.rows());
  GroupAssign::Output numbers{ids.span()};
  WEIR_TRY(run.run<GroupAssign>({words.words.span().last(values.rows())}, numbers));
  Buffer<std::uint64_t> pairs(values.rows());
  for (std::size_t row = 0; row < values.rows(); ++row) {
    pairs[row] = std::uint64_t{groups.ids[row]} << 32 | ids[row];
  }
  // Null rows repeat the pair of any row with a value; those are counted by their first rows.
  std::size_t kept = 0;
  Buffer<std::uint32_t> owner(values.rows());
  each_valid(values, [&](std::size_t row) {
    pairs[kept] = pairs[row];
    owner[kept++] = groups.ids[row];
  });
  Buffer<std::uint32_t> pair_ids(kept);
  GroupAssign::Output distinct{pair_ids.span()};
  WEIR_TRY(run.run<GroupAssign>({pairs.span().first(kept)}, distinct));
  Buffer<std::int64_t> counts(groups.count());
  counts.fill(0);
  for (const std::uint32_t row : distinct.first_rows) ++counts[owner[row]];
  return Column::of<std::int64_t>(ColumnType::i64(), counts.span());
}

double between(double low, double high, double part) {
  return one_nan(part == 0 || low == high ? low : low + (high - low) * part);
}

Result<ColumnPtr> quantile(OpRunner& run, double q, const Column& values, const Groups& groups) {
  const KeyColumn key{&values};
  const KeyWords words = encode_keys({&key, 1}, values.rows(), KeyUse::kOrder);
  const Buffer<double> x = as_doubles(values);
  Buffer<std::uint32_t> valid_rows(values.rows());
  std::size_t kept = 0;
  each_valid(values,
             [&](std::size_t row) { valid_rows[kept++] = static_cast<std::uint32_t>(row); });
  const std::uint64_t* const images = words.words.data() + (words.count - 1) * values.rows();
  Buffer<std::uint64_t> keys(2 * kept);
  for (std::size_t i = 0; i < kept; ++i) {
    keys[i] = groups.ids[valid_rows[i]];
    keys[kept + i] = images[valid_rows[i]];
  }
  Buffer<std::uint32_t> order(kept);
  Argsort::Output sorted{order.span()};
  WEIR_TRY(run.run<Argsort>({keys.span(), 2, kept}, sorted));
  const Buffer<std::int64_t> counts = counts_of(&values, groups);
  const auto out = make_column(ColumnType::f64(), groups.count());
  const auto to = out->mutable_values<double>();
  std::size_t begin = 0;
  for (std::size_t g = 0; g < counts.size(); ++g) {
    const auto n = static_cast<std::size_t>(counts[g]);
    to[g] = 0;
    if (n == 0) continue;
    const double h = static_cast<double>(n - 1) * q;
    const auto low = static_cast<std::size_t>(h);
    const auto at = [&](std::size_t i) { return x[valid_rows[order[begin + i]]]; };
    to[g] = between(at(low), at(std::min(low + 1, n - 1)), h - static_cast<double>(low));
    begin += n;
  }
  set_valid(*out, [&](std::size_t g) { return counts[g] != 0; });
  return out;
}

}  // namespace

Result<ColumnPtr> aggregate(OpRunner& run, const Aggregate& what, const Column* values,
                            const Groups& groups, const EvaluateOptions& options,
                            std::uint64_t* errors) {
  const ColumnType argument = values == nullptr ? ColumnType::i64() : values->type();
  WEIR_ASSIGN(const ColumnType type,
              aggregate_type(what.kind, values == nullptr ? nullptr : &argument));
  if (what.kind == AggregateKind::kCount) return count(values, groups);
  switch (what.kind) {
    case AggregateKind::kSum:
      return type.floating() ? float_sum(run, type, *values, groups)
                             : integer_sum(type, *values, groups, options, errors);
    case AggregateKind::kAvg:
      return average(run, *values, groups);
    case AggregateKind::kMin:
      return extreme(*values, groups, false);
    case AggregateKind::kMax:
      return extreme(*values, groups, true);
    case AggregateKind::kFirst:
      return edge(*values, groups, false);
    case AggregateKind::kLast:
      return edge(*values, groups, true);
    case AggregateKind::kCountDistinct:
      return count_distinct(run, *values, groups);
    case AggregateKind::kQuantile:
      return quantile(run, what.q, *values, groups);
    default:
      return variance(what.kind, *values, groups);
  }
}

}  // namespace weir::ops
