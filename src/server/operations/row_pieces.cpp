#include "server/operations/row_pieces.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "server/operations/json_table.hpp"

namespace weir::server {
namespace {

using ops::ColumnPtr;
using ops::ColumnType;

Result<ColumnPtr> nulls(ColumnType type, std::size_t rows) {
  ops::ColumnBuilder builder(type);
  for (std::size_t row = 0; row < rows; ++row) WEIR_TRY(builder.append({}));
  return builder.finish();
}

bool all_null(const ops::Column& column) {
  for (std::size_t row = 0; row < column.rows(); ++row) {
    if (column.valid(row)) return false;
  }
  return true;
}

Result<ColumnPtr> widened(const ops::Column& whole) {
  ops::ColumnBuilder builder(ColumnType::f64());
  for (std::size_t row = 0; row < whole.rows(); ++row) {
    expr::Value value;
    if (whole.valid(row)) value = expr::Value::of_f64(static_cast<double>(whole.at(row).i));
    WEIR_TRY(builder.append(value));
  }
  return builder.finish();
}

}  // namespace

Status RowPieces::declare(const Params& params) {
  const auto given = params.find({"columns"});
  if (!given) return Status::ok();
  simdjson::dom::object types;
  if (given->get_object().get(types) != simdjson::SUCCESS) {
    return invalid_argument("field_type", "columns must be an object of types").at("columns");
  }
  for (const auto field : types) {
    const std::string where = "columns." + std::string(field.key);
    std::string_view type;
    if (field.value.get_string().get(type) != simdjson::SUCCESS) type = "?";
    const std::pair<std::string_view, ColumnType> known[] = {{"bool", ColumnType::boolean()},
                                                             {"i64", ColumnType::i64()},
                                                             {"f64", ColumnType::f64()},
                                                             {"text", ColumnType::string()}};
    const auto* const found = std::find_if(std::begin(known), std::end(known),
                                           [&](const auto& one) { return one.first == type; });
    if (found == std::end(known)) {
      return invalid_argument("choice", where + " must be a type")
          .at(where)
          .hint("use one of bool, i64, f64, text");
    }
    columns_.push_back({std::string(field.key), found->second});
  }
  return Status::ok();
}

void RowPieces::add(simdjson::dom::element row) {
  if (rows_++ != 0) text_ += ',';
  text_ += simdjson::minify(row);
}

Result<ops::Table> RowPieces::take() {
  const std::string text = '[' + std::exchange(text_, {}) + ']';
  simdjson::dom::element rows;
  CHECK(parser_.parse(text).get(rows) == simdjson::SUCCESS);
  WEIR_ASSIGN(const ops::Table piece, read_table(rows, "data", taken_));
  WEIR_ASSIGN(ops::Table table, with_columns(piece));
  taken_ += std::exchange(rows_, 0);
  return table;
}

Result<ops::Table> RowPieces::with_columns(const ops::Table& piece) {
  for (const ops::Table::Named& named : piece.columns()) {
    const bool known = std::any_of(columns_.begin(), columns_.end(),
                                   [&](const Column& one) { return one.name == named.name; });
    if (known) continue;
    if (taken_ != 0) {
      return fail(invalid_argument("column_new", named.name + " comes up only behind row " +
                                                     std::to_string(taken_))
                      .at("data." + named.name)
                      .hint("name it in columns, or in the first row as null"));
    }
    columns_.push_back({named.name, named.column->type()});
  }
  ops::Table table;
  table.set_rows(piece.rows());
  for (const Column& wanted : columns_) {
    ColumnPtr column = piece.share(wanted.name);
    if (column == nullptr || (column->type() != wanted.type && all_null(*column))) {
      WEIR_ASSIGN(column, nulls(wanted.type, piece.rows()));
    } else if (wanted.type == ColumnType::f64() && column->type() == ColumnType::i64()) {
      WEIR_ASSIGN(column, widened(*column));
    } else if (column->type() != wanted.type) {
      return fail(invalid_argument("field_type",
                                   wanted.name + " is " + ops::column_type_name(column->type()) +
                                       " behind row " + std::to_string(taken_) + ", and " +
                                       ops::column_type_name(wanted.type) + " before")
                      .at("data." + wanted.name)
                      .hint("say its type in columns"));
    }
    WEIR_TRY(table.add(wanted.name, std::move(column)));
  }
  return table;
}

Result<ops::Table> stacked(const std::vector<ops::Table>& tables) {
  if (tables.size() == 1) return tables.front();
  ops::Table whole;
  std::size_t rows = 0;
  for (const ops::Table& table : tables) rows += table.rows();
  whole.set_rows(rows);
  for (std::size_t at = 0; at < tables.front().columns().size(); ++at) {
    ops::ColumnBuilder builder(tables.front().columns()[at].column->type());
    for (const ops::Table& table : tables) {
      const ops::Column& column = *table.columns()[at].column;
      for (std::size_t row = 0; row < column.rows(); ++row) {
        WEIR_TRY(builder.append(column.valid(row) ? column.at(row) : expr::Value{}));
      }
    }
    WEIR_TRY(whole.add(tables.front().columns()[at].name, builder.finish()));
  }
  return whole;
}

std::size_t table_bytes(const ops::Table& table) {
  std::size_t bytes = 0;
  for (const ops::Table::Named& named : table.columns()) {
    const ops::Column& column = *named.column;
    bytes += column.values<char>().size() + column.rows() / 8;
    if (column.texts() != nullptr) bytes += column.texts()->offsets()[column.texts()->size()];
  }
  return bytes;
}

}  // namespace weir::server
