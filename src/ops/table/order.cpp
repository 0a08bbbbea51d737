#include "ops/table/order.hpp"

#include <algorithm>

#include "ops/group/assign/group_assign.hpp"
#include "ops/sort/argsort/argsort.hpp"

namespace weir::ops {
namespace {

Result<KeyWords> sort_words(OpRunner& run, const Table& table, std::span<const SortKey> by,
                            const EvaluateOptions& options, std::uint64_t* errors) {
  WEIR_TRY(check_rows(table.rows()));
  std::vector<Expression> expressions;
  for (const SortKey& key : by) expressions.push_back(key.by);
  WEIR_ASSIGN(const std::vector<ColumnPtr> columns,
              evaluate(run, table, expressions, options, errors));
  std::vector<KeyColumn> keys;
  for (std::size_t i = 0; i < by.size(); ++i) {
    keys.push_back({columns[i].get(), {by[i].descending, by[i].nulls_first}});
  }
  return encode_keys(keys, table.rows(), KeyUse::kOrder);
}

Result<Buffer<std::uint32_t>> argsort(OpRunner& run, std::span<const std::uint64_t> words,
                                      std::size_t count, std::size_t rows) {
  Buffer<std::uint32_t> order(rows);
  Argsort::Output out{order.span()};
  WEIR_TRY(run.run<Argsort>({words, count, rows}, out));
  return order;
}

}  // namespace

Status check_rows(std::size_t rows) {
  if (rows < Column::kNoRow) return Status::ok();
  return out_of_range("rows_max", "a table of " + std::to_string(rows) + " rows")
      .hint("cut it below 4294967295 rows");
}

Result<Buffer<std::uint32_t>> sorted_rows(OpRunner& run, const Table& table,
                                          std::span<const SortKey> by,
                                          const EvaluateOptions& options, std::uint64_t* errors) {
  WEIR_ASSIGN(const KeyWords keys, sort_words(run, table, by, options, errors));
  return argsort(run, keys.words.span(), keys.count, table.rows());
}

Result<Buffer<std::uint32_t>> top_rows(OpRunner& run, const Table& table,
                                       std::span<const SortKey> by, std::size_t k,
                                       const EvaluateOptions& options, std::uint64_t* errors) {
  WEIR_ASSIGN(const KeyWords keys, sort_words(run, table, by, options, errors));
  const std::size_t rows = table.rows();
  // Only rows up to the k-th smallest first word can be among the first k.
  if (k == 0 || k >= rows / 4) {
    WEIR_ASSIGN(Buffer<std::uint32_t> order, argsort(run, keys.words.span(), keys.count, rows));
    order.shrink(std::min(k, rows));
    return order;
  }
  Buffer<std::uint64_t> first(rows);
  std::copy_n(keys.words.data(), rows, first.data());
  std::nth_element(first.begin(), first.begin() + (k - 1), first.end());
  const std::uint64_t bound = first[k - 1];
  Buffer<std::uint32_t> near(rows);
  std::size_t kept = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    near[kept] = static_cast<std::uint32_t>(row);
    kept += keys.words[row] <= bound ? 1 : 0;
  }
  Buffer<std::uint64_t> words(keys.count * kept);
  for (std::size_t w = 0; w < keys.count; ++w) {
    for (std::size_t i = 0; i < kept; ++i) words[w * kept + i] = keys.words[w * rows + near[i]];
  }
  WEIR_ASSIGN(Buffer<std::uint32_t> order, argsort(run, words.span(), keys.count, kept));
  order.shrink(k);
  for (std::uint32_t& row : order) row = near[row];
  return order;
}

Result<GroupedRows> grouped_words(OpRunner& run, const KeyWords& words, std::size_t rows) {
  GroupedRows out;
  out.ids.resize(rows);
  GroupAssign::Output assigned{out.ids.span()};
  WEIR_TRY(run.run<GroupAssign>({words.words.span().first(rows)}, assigned));
  if (words.count > 1) {
    // Pairs of numbers, word by word: numbers of pairs are numbers of what the words hold so far.
    Buffer<std::uint32_t> next(rows);
    Buffer<std::uint64_t> pairs(rows);
    for (std::size_t w = 1; w < words.count; ++w) {
      GroupAssign::Output more{next.span()};
      WEIR_TRY(run.run<GroupAssign>({words.words.span().subspan(w * rows, rows)}, more));
      for (std::size_t row = 0; row < rows; ++row) {
        pairs[row] = std::uint64_t{out.ids[row]} << 32 | next[row];
      }
      WEIR_TRY(run.run<GroupAssign>({pairs.span()}, assigned));
    }
  }
  out.first_rows = std::move(assigned.first_rows);
  return out;
}

Result<GroupedRows> grouped_rows(OpRunner& run, std::span<const ColumnPtr> by, std::size_t rows) {
  WEIR_TRY(check_rows(rows));
  std::vector<KeyColumn> keys;
  for (const ColumnPtr& column : by) keys.push_back({column.get()});
  return grouped_words(run, encode_keys(keys, rows, KeyUse::kEquality), rows);
}

}  // namespace weir::ops
