// NumberTable: a file of numbers, read whole: CSV with a header line, or raw f64 rows.
//
//   WEIR_ASSIGN(const NumberTable table, NumberTable::read_csv("rows.csv"));
//   WEIR_ASSIGN(const std::size_t amount, table.column("amount"));
//   table.values()[row * table.columns() + amount];
//
// CSV is comma separated, without quotes but round whole fields; blanks round a field are nothing.
// Every field is a decimal number, nan or inf. An empty last line is nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::model {

class NumberTable {
 public:
  // Errors: those of reading; invalid_argument naming line, column and value: number_format,
  // row_length, column_twice, no_header.
  static Result<NumberTable> read_csv(const std::string& path);
  static Result<NumberTable> parse_csv(std::string_view text, const std::string& path);
  // Little-endian f64, `columns` values a row. invalid_argument (matrix_file) for a broken row.
  static Result<NumberTable> read_f64(const std::string& path, std::size_t columns);

  std::size_t rows() const { return columns() == 0 ? 0 : values_.size() / columns(); }
  std::size_t columns() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }  // empty texts if it is raw
  // Returns where a column is. not_found (column) lists those there are.
  Result<std::size_t> column(std::string_view name) const;
  // [rows, columns] row-major.
  ops::MatrixView<double> view() const { return {values_.data(), rows(), columns()}; }
  // Returns one column, or the columns named, row by row.
  std::vector<double> copy_column(std::size_t column) const;
  NumberTable select(const std::vector<std::size_t>& columns) const;

 private:
  std::vector<std::string> names_;
  std::vector<double> values_;
};

// Appends the shortest decimal that reads back as the same double: nan and inf too.
void append_number(std::string& out, double value);

}  // namespace weir::model
