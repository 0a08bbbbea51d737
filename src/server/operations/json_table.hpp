// Tables of an operation's parameters and result: rows as JSON objects.
//
//   WEIR_ASSIGN(const ops::Table table, read_table(value, "data"));
//   write_rows(json, table);      // [{"id":1,"value":0.5}, ...]
#pragma once

#include <simdjson.h>

#include <functional>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "ops/table/table.hpp"

namespace weir::server {

// Reads [{"id":1,"value":0.5}, ...], {"columns":{"id":[1],"value":[0.5]}} or plain values [0.5],
// which become the column `value`. A column holds booleans, integers, numbers or texts; whole and
// other numbers together are f64, and nothing but null is f64. Members of nested objects are
// columns of dotted names: metadata.kind. A member that a row lacks is null. invalid_argument names
// the place of a value that does not fit: data[3].amount, where `first_row` is the number of the
// first row; a name must not be empty, and there are kTableColumnsMax of them at most. Rows of few
// members each can have many columns together, so cells are counted: `reserve` is asked for the
// bytes of some more before they are made, and beyond kTableCellsMax there are none
// (resource_exhausted: table_cells).
inline constexpr std::size_t kTableColumnsMax = 4096;
inline constexpr std::size_t kTableCellsMax = std::size_t{1} << 24;
using ReserveBytes = std::function<Status(std::size_t bytes)>;
Result<ops::Table> read_table(simdjson::dom::element value, std::string_view name,
                              std::uint64_t first_row = 0, const ReserveBytes& reserve = {});

// Reads one member of an array of rows, whatever else they hold, into the column of its name; plain
// values are that member. There is no column if rows there are and none has it. Errors as above.
Result<ops::Table> read_member(simdjson::dom::array rows, std::string_view name,
                               std::string_view member, const ReserveBytes& reserve = {});

// Writes an array of one object a row. Decimals, times and integers beyond 2^53 - 1 are texts, NaN
// and infinities null; returns how many of these there are.
std::size_t write_rows(JsonWriter& json, const ops::Table& table);
std::size_t write_value(JsonWriter& json, const ops::Column& column, std::size_t row);

}  // namespace weir::server
