// Table: named columns of one length.
//
//   Table table;
//   WEIR_TRY(table.add("amount", amount));
//   WEIR_TRY(table.add("name", name));
//   table.find("amount")->values<std::int64_t>();
//
// Tables share their columns: copying one copies no values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ops/table/column.hpp"
#include "ops/workers.hpp"

namespace weir::ops {

class Table {
 public:
  struct Named {
    std::string name;
    ColumnPtr column;
  };

  std::size_t rows() const { return rows_; }
  const std::vector<Named>& columns() const { return columns_; }
  // Returns the column, or null.
  const Column* find(std::string_view name) const;
  ColumnPtr share(std::string_view name) const;

  // Adds a column behind the others. already_exists: the name is taken; invalid_argument: its rows
  // are not the table's (the first column sets them).
  Status add(std::string_view name, ColumnPtr column);
  // Sets a column: in the place of the one of that name, or behind the others.
  Status set(std::string_view name, ColumnPtr column);
  // Sets how many rows a table without columns has.
  void set_rows(std::size_t rows) { rows_ = rows; }

 private:
  std::vector<Named> columns_;
  std::size_t rows_ = 0;
};

// Returns not_found for a column that a table lacks, with the nearest name.
Status unknown_column(const Table& table, std::string_view name);

// Rows of a table or column by their numbers, in the order given; Column::kNoRow makes nulls. On
// several threads with `workers`.
ColumnPtr take(const Column& column, std::span<const std::uint32_t> rows,
               Workers* workers = nullptr);
Table take(const Table& table, std::span<const std::uint32_t> rows, Workers* workers = nullptr);
// The first `rows` rows; the table itself if it has no more.
Table first_rows(const Table& table, std::size_t rows);

}  // namespace weir::ops
