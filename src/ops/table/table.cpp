#include "ops/table/table.hpp"

#include <numeric>

namespace weir::ops {
namespace {

// Rows that a thread takes at a time: whole words of bits.
constexpr std::size_t kRangeRows = 1 << 15;

// Calls part(begin, end) for all rows, in ranges.
template <class Part>
void in_ranges(Workers* workers, std::size_t rows, Part&& part) {
  if (workers == nullptr) return part(0, rows);
  workers->run((rows + kRangeRows - 1) / kRangeRows,
               [&](std::size_t r) { part(r * kRangeRows, std::min(rows, (r + 1) * kRangeRows)); });
}

template <class T>
void take_values(const Column& column, std::span<const std::uint32_t> rows, bool no_row,
                 Workers* workers, Column& out) {
  // By value: what lies behind a reference would be read again for each row.
  in_ranges(workers, rows.size(),
            [from = column.values<T>().data(), to = out.mutable_values<T>().data(),
             row = rows.data(), no_row](std::size_t begin, std::size_t end) {
              if (no_row) {
                for (std::size_t i = begin; i < end; ++i) {
                  to[i] = row[i] == Column::kNoRow ? T{} : from[row[i]];
                }
              } else {
                for (std::size_t i = begin; i < end; ++i) to[i] = from[row[i]];
              }
            });
}

// Bit i of the result: bit(rows[i]).
template <class Bit>
void take_bits(std::span<const std::uint32_t> rows, Workers* workers, std::uint64_t* to,
               Bit&& bit) {
  in_ranges(workers, rows.size(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t word = begin / 64; word * 64 < end; ++word) {
      std::uint64_t bits = 0;
      for (std::size_t i = word * 64; i < std::min(end, word * 64 + 64); ++i) {
        const bool set = rows[i] != Column::kNoRow && bit(rows[i]);
        bits |= static_cast<std::uint64_t>(set) << (i % 64);
      }
      to[word] = bits;
    }
  });
}

bool takes_no_row(std::span<const std::uint32_t> rows) {
  std::uint32_t most = 0;
  for (const std::uint32_t row : rows) most = std::max(most, row);
  return most == Column::kNoRow;
}

void take_validity(const Column& column, std::span<const std::uint32_t> rows, Workers* workers,
                   bool no_row, Column& out) {
  if (!column.nullable() && !no_row) return;
  Buffer<std::uint64_t> words((rows.size() + 63) / 64);
  take_bits(rows, workers, words.data(), [&](std::uint32_t row) { return column.valid(row); });
  out.set_validity(std::move(words));
}

// `no_row`: whether there is a kNoRow among the rows.
ColumnPtr take_column(const Column& column, std::span<const std::uint32_t> rows, bool no_row,
                      Workers* workers) {
  auto out = std::make_shared<Column>(column.type(), rows.size(), column.texts());
  if (column.type().is(ColumnKind::kBool)) {
    take_bits(rows, workers, out->mutable_values<std::uint64_t>().data(),
              [&](std::uint32_t row) { return column.bit(row); });
  } else if (column.plain_text()) {
    // The texts become a dictionary with the rows as codes: none is copied.
    const auto codes = out->mutable_values<std::uint32_t>();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      codes[i] = rows[i] == Column::kNoRow ? 0 : rows[i];
    }
  } else if (column_value_bytes(column.type().kind) == 4) {
    take_values<std::uint32_t>(column, rows, no_row, workers, *out);
  } else {
    take_values<std::uint64_t>(column, rows, no_row, workers, *out);
  }
  take_validity(column, rows, workers, no_row, *out);
  return out;
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

ColumnPtr take(const Column& column, std::span<const std::uint32_t> rows, Workers* workers) {
  return take_column(column, rows, takes_no_row(rows), workers);
}

Table take(const Table& table, std::span<const std::uint32_t> rows, Workers* workers) {
  const bool no_row = takes_no_row(rows);
  Table out;
  out.set_rows(rows.size());
  for (const Table::Named& named : table.columns()) {
    CHECK(out.set(named.name, take_column(*named.column, rows, no_row, workers)).is_ok());
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
