// RowPieces: rows of JSON that come piece by piece, as tables with the columns of the whole.
//
//   RowPieces rows;
//   WEIR_TRY(rows.declare(params));                      // "columns":{"id":"i64","note":"text"}
//   WEIR_TRY(rows.add(line));                            // a row
//   WEIR_ASSIGN(const ops::Table piece, rows.take());    // those added so far
//
// Columns and their types are those declared and those of the first piece; a member that a row
// lacks is null, one that comes up later is refused, and so is a value of another type. Whole
// numbers may stand in an f64 column.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ops/table/table.hpp"
#include "server/operations/params.hpp"

namespace weir::server {

class RowPieces {
 public:
  // Reads "columns", if there: bool, i64, f64 or text of each name. invalid_argument (choice,
  // field_type) names the one at fault.
  Status declare(const Params& params);
  // Keeps a row: an object, or a plain value of the column `value`.
  void add(simdjson::dom::element row);
  std::size_t rows() const { return rows_; }
  std::size_t held_bytes() const { return text_.size(); }
  // Returns the rows added since the last call. invalid_argument names row and member as they are
  // in the whole: data[70000].amount.
  Result<ops::Table> take();
  // How many rows were taken before.
  std::uint64_t taken() const { return taken_; }

 private:
  struct Column {
    std::string name;
    ops::ColumnType type;
  };
  Result<ops::Table> with_columns(const ops::Table& piece);

  std::vector<Column> columns_;
  std::string text_;  // the rows, with commas
  std::size_t rows_ = 0;
  std::uint64_t taken_ = 0;
  simdjson::dom::parser parser_;
};

// Tables of the same columns, one below the other; at least one.
Result<ops::Table> stacked(const std::vector<ops::Table>& tables);
// Bytes of the values of a table.
std::size_t table_bytes(const ops::Table& table);

}  // namespace weir::server
