#include "server/operations/json_table.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/decimal.hpp"
#include "base/time_text.hpp"

namespace weir::server {
namespace {

using expr::Value;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::int64_t kExactMax = (std::int64_t{1} << 53) - 1;
constexpr unsigned kNestingMax = 16;

enum class Kind : std::uint8_t { kNull, kBool, kI64, kF64, kText };

std::string_view kind_text(Kind kind) {
  static constexpr std::string_view kTexts[] = {"null", "a boolean", "a number", "a number",
                                                "a text"};
  return kTexts[static_cast<std::size_t>(kind)];
}

Status wrong(std::string_view reason, const std::string& where, const std::string& what) {
  return invalid_argument(reason, where + " " + what).at(where);
}

// Counts cells, and books memory for them some at a time.
class CellBook {
 public:
  CellBook(const ReserveBytes& reserve, const std::string& name) : reserve_(reserve), name_(name) {}

  Status take(std::size_t cells) {
    taken_ += cells;
    if (taken_ > kTableCellsMax) {
      return resource_exhausted("table_cells", name_ + " comes to more than " +
                                                   std::to_string(kTableCellsMax) +
                                                   " cells: rows times columns")
          .at(name_)
          .hint("send fewer rows at a time, or give rows the same members");
    }
    if (!reserve_ || taken_ <= booked_) return Status::ok();
    const std::size_t more = std::max(taken_ - booked_, kStep);
    booked_ += more;
    return reserve_(more * kCellBytes);
  }

 private:
  static constexpr std::size_t kStep = 1 << 16;
  static constexpr std::size_t kCellBytes = sizeof(Value) + sizeof(std::int64_t);
  const ReserveBytes& reserve_;
  const std::string& name_;
  std::size_t taken_ = 0;
  std::size_t booked_ = 0;
};

Status check_name(std::string_view name, std::size_t columns, const std::string& where) {
  if (name.empty()) return wrong("field_name", where, "has no name; a column needs one");
  if (columns < kTableColumnsMax) return Status::ok();
  return wrong("table_columns", where,
               "is one column too many: " + std::to_string(kTableColumnsMax) + " are the most");
}

// The values of one column so far; integers keep their value as f64, too, in case one follows that
// is not whole.
struct Cells {
  std::string name;
  Kind kind = Kind::kNull;
  std::vector<Value> values = {};

  Status add(const element& value, const std::string& where);
  Status pad(std::size_t rows, CellBook& book) {
    WEIR_TRY(book.take(rows - values.size()));
    values.resize(rows);
    return Status::ok();
  }
  Result<ops::ColumnPtr> finish() const;
};

Status Cells::add(const element& value, const std::string& where) {
  Value cell;
  Kind found = Kind::kNull;
  bool truth = false;
  switch (value.type()) {
    case element_type::NULL_VALUE:
      values.push_back(cell);
      return Status::ok();
    case element_type::BOOL:
      found = Kind::kBool;
      CHECK(value.get_bool().get(truth) == simdjson::SUCCESS);
      cell.i = truth ? 1 : 0;
      break;
    case element_type::INT64:
      found = Kind::kI64;
      CHECK(value.get_int64().get(cell.i) == simdjson::SUCCESS);
      cell.f = static_cast<double>(cell.i);
      break;
    case element_type::DOUBLE:
      found = Kind::kF64;
      CHECK(value.get_double().get(cell.f) == simdjson::SUCCESS);
      break;
    case element_type::STRING:
      found = Kind::kText;
      CHECK(value.get_string().get(cell.s) == simdjson::SUCCESS);
      break;
    case element_type::UINT64:
      return wrong("number_range", where, "is beyond 2^63 - 1; give it as a text");
    default:
      return wrong("field_type", where, "must be a boolean, a number, a text or null");
  }
  cell.null = false;
  const bool numbers =
      (kind == Kind::kI64 || kind == Kind::kF64) && (found == Kind::kI64 || found == Kind::kF64);
  if (kind == Kind::kNull) {
    kind = found;
  } else if (numbers) {
    kind = std::max(kind, found);
  } else if (kind != found) {
    return wrong("field_type", where,
                 "is " + std::string(kind_text(found)) + " where others are " +
                     std::string(kind_text(kind)));
  }
  values.push_back(cell);
  return Status::ok();
}

Result<ops::ColumnPtr> Cells::finish() const {
  ops::ColumnType type = ops::ColumnType::f64();
  if (kind == Kind::kBool) type = ops::ColumnType::boolean();
  if (kind == Kind::kI64) type = ops::ColumnType::i64();
  if (kind == Kind::kText) type = ops::ColumnType::string();
  ops::ColumnBuilder builder(type);
  for (const Value& value : values) WEIR_TRY(builder.append(value));
  return builder.finish();
}

// Columns in order of first appearance, filled row by row.
class Collector {
 public:
  explicit Collector(CellBook& book) : book_(book) {}

  Status add_row(const simdjson::dom::object& row, const std::string& where) {
    WEIR_TRY(add_members(row, "", where, 1));
    ++rows_;
    return Status::ok();
  }
  Status add_plain(const element& value, const std::string& where) {
    WEIR_TRY(add("value", value, where));
    ++rows_;
    return Status::ok();
  }
  Result<ops::Table> finish() {
    ops::Table table;
    table.set_rows(rows_);
    for (Cells& cells : columns_) {
      WEIR_TRY(cells.pad(rows_, book_));
      WEIR_ASSIGN(ops::ColumnPtr column, cells.finish());
      WEIR_TRY(table.add(cells.name, std::move(column)));
      std::vector<Value>().swap(cells.values);
    }
    return table;
  }

 private:
  Status add_members(const simdjson::dom::object& row, const std::string& prefix,
                     const std::string& where, unsigned depth) {
    if (depth > kNestingMax) return wrong("field_type", where, "nests deeper than 16 objects");
    for (const auto field : row) {
      const std::string name = prefix + std::string(field.key);
      const std::string place = where + "." + std::string(field.key);
      simdjson::dom::object inner;
      if (field.value.get_object().get(inner) == simdjson::SUCCESS) {
        WEIR_TRY(add_members(inner, name + ".", place, depth + 1));
      } else {
        WEIR_TRY(add(name, field.value, place));
      }
    }
    return Status::ok();
  }
  Status add(const std::string& name, const element& value, const std::string& where) {
    const auto [found, fresh] = places_.try_emplace(name, columns_.size());
    if (fresh) {
      WEIR_TRY(check_name(name, columns_.size(), where));
      columns_.push_back({name});
    }
    Cells& cells = columns_[found->second];
    if (cells.values.size() > rows_) return wrong("field_twice", where, "is there twice");
    WEIR_TRY(cells.pad(rows_, book_));
    WEIR_TRY(book_.take(1));
    return cells.add(value, where);
  }

  CellBook& book_;
  std::vector<Cells> columns_;
  std::unordered_map<std::string, std::size_t> places_;
  std::size_t rows_ = 0;
};

Result<ops::Table> read_columns(const simdjson::dom::object& columns, const std::string& name,
                                CellBook& book) {
  ops::Table table;
  for (const auto field : columns) {
    const std::string where = name + ".columns." + std::string(field.key);
    simdjson::dom::array items;
    if (field.value.get_array().get(items) != simdjson::SUCCESS) {
      return fail(wrong("field_type", where, "must be an array of values"));
    }
    WEIR_TRY(check_name(field.key, table.columns().size(), where));
    Cells cells{std::string(field.key)};
    for (const element item : items) {
      WEIR_TRY(book.take(1));
      WEIR_TRY(cells.add(item, where + "[" + std::to_string(cells.values.size()) + "]"));
    }
    if (!table.columns().empty() && cells.values.size() != table.rows()) {
      return fail(wrong("shape", where,
                        "has " + std::to_string(cells.values.size()) + " values, the first " +
                            std::to_string(table.rows())));
    }
    if (table.find(cells.name) != nullptr) {
      return fail(wrong("field_twice", where, "is there twice"));
    }
    WEIR_ASSIGN(ops::ColumnPtr column, cells.finish());
    WEIR_TRY(table.add(cells.name, std::move(column)));
  }
  return table;
}

}  // namespace

Result<ops::Table> read_table(element value, std::string_view name, std::uint64_t first_row,
                              const ReserveBytes& reserve) {
  const std::string at(name);
  CellBook book(reserve, at);
  simdjson::dom::array rows;
  if (value.get_array().get(rows) != simdjson::SUCCESS) {
    simdjson::dom::object columns;
    if (value.at_key("columns").get_object().get(columns) != simdjson::SUCCESS) {
      return fail(wrong("field_type", at, "must be an array of rows or {columns}"));
    }
    return read_columns(columns, at, book);
  }
  Collector collector(book);
  std::uint64_t count = first_row;
  for (const element item : rows) {
    const std::string where = at + "[" + std::to_string(count++) + "]";
    simdjson::dom::object row;
    if (item.get_object().get(row) == simdjson::SUCCESS) {
      WEIR_TRY(collector.add_row(row, where));
    } else {
      WEIR_TRY(collector.add_plain(item, where));
    }
  }
  return collector.finish();
}

Result<ops::Table> read_member(simdjson::dom::array rows, std::string_view name,
                               std::string_view member, const ReserveBytes& reserve) {
  const std::string at(name);
  CellBook book(reserve, at);
  Cells cells{std::string(member)};
  bool found = false;
  for (const element item : rows) {
    WEIR_TRY(book.take(1));
    std::string where = at + "[" + std::to_string(cells.values.size()) + "]";
    element value = item;
    if (item.is_object()) {
      if (item.at_key(member).get(value) != simdjson::SUCCESS) {
        cells.values.emplace_back();
        continue;
      }
      where += "." + cells.name;
    }
    found = true;
    WEIR_TRY(cells.add(value, where));
  }
  ops::Table table;
  table.set_rows(cells.values.size());
  if (!found && !cells.values.empty()) return table;
  WEIR_ASSIGN(ops::ColumnPtr column, cells.finish());
  WEIR_TRY(table.add(member, std::move(column)));
  return table;
}

std::size_t write_value(JsonWriter& json, const ops::Column& column, std::size_t row) {
  if (!column.valid(row)) {
    json.null();
    return 0;
  }
  const Value value = column.at(row);
  switch (column.type().kind) {
    case ops::ColumnKind::kBool:
      json.boolean(value.i != 0);
      break;
    case ops::ColumnKind::kU64: {
      const auto whole = static_cast<std::uint64_t>(value.i);
      whole > static_cast<std::uint64_t>(kExactMax) ? json.u64_string(whole) : json.u64(whole);
      break;
    }
    case ops::ColumnKind::kI32:
    case ops::ColumnKind::kI64:
      value.i > kExactMax || value.i < -kExactMax ? json.i64_string(value.i) : json.i64(value.i);
      break;
    case ops::ColumnKind::kF32:
      json.f32(static_cast<float>(value.f));
      return std::isfinite(value.f) ? 0 : 1;
    case ops::ColumnKind::kF64:
      json.f64(value.f);
      return std::isfinite(value.f) ? 0 : 1;
    case ops::ColumnKind::kDecimal:
      json.string(format_decimal(value.i, column.type().scale));
      break;
    case ops::ColumnKind::kTimestamp:
      json.string(format_time(value.i));
      break;
    case ops::ColumnKind::kString:
      json.string(value.s);
      break;
  }
  return 0;
}

std::size_t write_rows(JsonWriter& json, const ops::Table& table) {
  std::size_t nulls = 0;
  json.begin_array();
  for (std::size_t row = 0; row < table.rows(); ++row) {
    json.begin_object();
    for (const ops::Table::Named& named : table.columns()) {
      json.key(named.name);
      nulls += write_value(json, *named.column, row);
    }
    json.end_object();
  }
  json.end_array();
  return nulls;
}

}  // namespace weir::server
