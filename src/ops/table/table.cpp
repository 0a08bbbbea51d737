#include "ops/table/table.hpp"

#include <numeric>

namespace weir::ops {
namespace {

template <class T>
void take_values(const Column& column, std::span<const std::uint32_t> rows, Column& out) {
  const std::span<const T> from = column.values<T>();
  const std::span<T> to = out.mutable_values<T>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    to[i] = rows[i] == Column::kNoRow ? T{} : from[rows[i]];
  }
}

void take_bits(const Column& column, std::span<const std::uint32_t> rows, Column& out) {
  const std::span<std::uint64_t> to = out.mutable_values<std::uint64_t>();
  std::fill(to.begin(), to.end(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool bit = rows[i] != Column::kNoRow && column.bit(rows[i]);
    to[i / 64] |= static_cast<std::uint64_t>(bit) << (i % 64);
  }
}

bool takes_no_row(std::span<const std::uint32_t> rows) {
  std::uint32_t most = 0;
  for (const std::uint32_t row : rows) most = std::max(most, row);
  return most == Column::kNoRow;
}

void take_validity(const Column& column, std::span<const std::uint32_t> rows, Column& out) {
  if (!column.nullable() && !takes_no_row(rows)) return;
  Buffer<std::uint64_t> words((rows.size() + 63) / 64);
  words.fill(0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool valid = rows[i] != Column::kNoRow && column.valid(rows[i]);
    words[i / 64] |= static_cast<std::uint64_t>(valid) << (i % 64);
  }
  out.set_validity(std::move(words));
}

}  // namespace

const Column* Table::find(std::string_view name) const {
  for (const Named& named : columns_) {
    if (named.name == name) return named.column.get();
  }
  return nullptr;
}

ColumnPtr Table::share(std::string_view name) const {
  for (const Named& named : columns_) {
    if (named.name == name) return named.column;
  }
  return nullptr;
}

Status Table::add(std::string_view name, ColumnPtr column) {
  if (find(name) != nullptr) {
    return already_exists("column_exists", "a second column \"" + std::string(name) + "\"")
        .at(name)
        .hint("give one of them another name");
  }
  return set(name, std::move(column));
}

Status Table::set(std::string_view name, ColumnPtr column) {
  if (columns_.empty() && rows_ == 0) rows_ = column->rows();
  if (column->rows() != rows_) {
    return invalid_argument("rows_mismatch", "column \"" + std::string(name) + "\" has " +
                                                 std::to_string(column->rows()) +
                                                 " rows, the table " + std::to_string(rows_))
        .at(name);
  }
  for (Named& named : columns_) {
    if (named.name != name) continue;
    named.column = std::move(column);
    return Status::ok();
  }
  columns_.push_back({std::string(name), std::move(column)});
  return Status::ok();
}

Status unknown_column(const Table& table, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Table::Named& named : table.columns()) names.push_back(named.name);
  const std::string_view nearest = expr::nearest_name(name, names);
  Status status = not_found("column_unknown", "no column \"" + std::string(name) + "\"").at(name);
  if (nearest.empty()) return status;
  return std::move(status).hint("did you mean \"" + std::string(nearest) + "\"?");
}

ColumnPtr take(const Column& column, std::span<const std::uint32_t> rows) {
  auto out = std::make_shared<Column>(column.type(), rows.size(), column.texts());
  if (column.type().is(ColumnKind::kBool)) {
    take_bits(column, rows, *out);
  } else if (column.plain_text()) {
    // The texts become a dictionary with the rows as codes: none is copied.
    const auto codes = out->mutable_values<std::uint32_t>();
    for (std::size_t i = 0; i < rows.size(); ++i)
      codes[i] = rows[i] == Column::kNoRow ? 0 : rows[i];
  } else if (column_value_bytes(column.type().kind) == 4) {
    take_values<std::uint32_t>(column, rows, *out);
  } else {
    take_values<std::uint64_t>(column, rows, *out);
  }
  take_validity(column, rows, *out);
  return out;
}

Table take(const Table& table, std::span<const std::uint32_t> rows) {
  Table out;
  out.set_rows(rows.size());
  for (const Table::Named& named : table.columns()) {
    CHECK(out.set(named.name, take(*named.column, rows)).is_ok());
  }
  return out;
}

Table first_rows(const Table& table, std::size_t rows) {
  if (rows >= table.rows()) return table;
  Buffer<std::uint32_t> wanted(rows);
  std::iota(wanted.begin(), wanted.end(), 0U);
  return take(table, wanted.span());
}

}  // namespace weir::ops
