// Orders and groups of a table's rows by expressions: what sort, group, distinct, join and window
// are built on.
//
//   WEIR_ASSIGN(const auto rows, sorted_rows(run, table, by, {}, &errors));   // take(table, rows)
//   WEIR_ASSIGN(const auto groups, grouped_rows(run, columns, table.rows()));
#pragma once

#include <optional>
#include <vector>

#include "ops/op_runner.hpp"
#include "ops/table/expression.hpp"
#include "ops/table/key.hpp"

namespace weir::ops {

struct SortKey {
  Expression by;
  bool descending = false;
  bool nulls_first = false;
};

// The rows in order, ties by row.
Result<Buffer<std::uint32_t>> sorted_rows(OpRunner& run, const Table& table,
                                          std::span<const SortKey> by,
                                          const EvaluateOptions& options, std::uint64_t* errors);
// The first `k` of them.
Result<Buffer<std::uint32_t>> top_rows(OpRunner& run, const Table& table,
                                       std::span<const SortKey> by, std::size_t k,
                                       const EvaluateOptions& options, std::uint64_t* errors);

// Groups in order of first appearance. No words: one group, with no first row if there are no rows.
struct GroupedRows {
  Buffer<std::uint32_t> ids;
  Buffer<std::uint32_t> first_rows;
};
Result<GroupedRows> grouped_rows(OpRunner& run, std::span<const ColumnPtr> by, std::size_t rows);
Result<GroupedRows> grouped_words(OpRunner& run, const KeyWords& words, std::size_t rows);

// Checks that a table's rows can be numbered: out_of_range from 2^32 - 1 on.
Status check_rows(std::size_t rows);

}  // namespace weir::ops
