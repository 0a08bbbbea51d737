// Column: values of one type, some of them null, that a table owns.
//
//   const std::int64_t cents[] = {1250, -5};
//   const ColumnPtr amount = Column::of<std::int64_t>(ColumnType::decimal(2), cents);
//   ColumnBuilder names(ColumnType::string());
//   WEIR_TRY(names.append(expr::Value::of_text("Zoë")));
//   WEIR_TRY(names.append(expr::Value{}));                    // null
//   const ColumnPtr name = names.finish();
//   name->text(0);  name->valid(1);
//
// Columns are immutable once shared; any number of tables may hold one. Strings are texts one after
// the other, a row each, or codes into such texts, a dictionary; both mean the same everywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>

#include "base/column.hpp"
#include "base/result.hpp"
#include "ops/expr/value.hpp"
#include "ops/table/buffer.hpp"
#include "ops/table/column_type.hpp"

namespace weir::ops {

// Texts one after the other; at most 4 GiB of them.
class Texts {
 public:
  Texts() : offsets_{0} {}
  std::size_t size() const { return offsets_.size() - 1; }
  std::string_view operator[](std::size_t i) const {
    return {bytes_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
  }
  // out_of_range: more than 4 GiB of text.
  Status append(std::string_view text);
  // Copies texts, those of null rows (bit not set in `validity`) as empty; errors as of append().
  static Result<Texts> of(std::span<const std::string_view> texts,
                          std::span<const std::uint64_t> validity);
  const std::uint32_t* offsets() const { return offsets_.data(); }
  const char* bytes() const { return bytes_.data(); }
  // Whether no text occurs twice, as whoever filled it says.
  bool distinct() const { return distinct_; }
  void set_distinct() { distinct_ = true; }

 private:
  Buffer<std::uint32_t> offsets_;
  Buffer<char> bytes_;
  bool distinct_ = false;
};

class Column;
using ColumnPtr = std::shared_ptr<const Column>;

class Column {
 public:
  static constexpr std::uint32_t kNoRow = 0xFFFFFFFFU;

  // A column of `rows` values to be filled in; strings get codes into `texts`, which may hold
  // texts that are not used, or one more than once.
  Column(ColumnType type, std::size_t rows, std::shared_ptr<const Texts> texts = nullptr);

  // A copy of packed values: T is i32, i64, u64, f32 or f64 as the type lies in memory.
  template <class T>
  static ColumnPtr of(ColumnType type, std::span<const T> values) {
    auto column = std::make_shared<Column>(type, values.size());
    std::copy(values.begin(), values.end(), column->template mutable_values<T>().begin());
    return column;
  }
  static std::shared_ptr<Column> of_texts(Texts texts);

  ColumnType type() const { return type_; }
  std::size_t rows() const { return rows_; }
  // Whether any row is null. Words of validity: bit set: the row has a value; empty: none is null.
  bool nullable() const { return !validity_.empty(); }
  std::span<const std::uint64_t> validity() const { return validity_.span(); }
  bool valid(std::size_t row) const {
    return validity_.empty() || (validity_[row / 64] >> (row % 64) & 1) != 0;
  }

  // Packed values: bool in words of 64 bits (those beyond the last row are zero), codes of a
  // dictionary as u32. Null rows hold anything.
  template <class T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(values_.data()), values_.size() / sizeof(T)};
  }
  template <class T>
  std::span<T> mutable_values() {
    return {reinterpret_cast<T*>(values_.data()), values_.size() / sizeof(T)};
  }
  bool bit(std::size_t row) const {
    return (values<std::uint64_t>()[row / 64] >> (row % 64) & 1) != 0;
  }
  // Whether row i has text i: there are no codes.
  bool plain_text() const { return plain_; }
  const std::shared_ptr<const Texts>& texts() const { return texts_; }
  std::string_view text(std::size_t row) const {
    return (*texts_)[plain_ ? row : values<std::uint32_t>()[row]];
  }
  // One value: i for bool, integers, decimals and timestamps (u64 bit by bit), f for f32 and f64.
  expr::Value at(std::size_t row) const;

  // Takes words of validity, rows/64 of them rounded up; drops them if no row is null.
  void set_validity(Buffer<std::uint64_t> words);

  // How programs read the column.
  ColumnView view() const;

 private:
  ColumnType type_;
  std::size_t rows_ = 0;
  Buffer<char> values_;
  std::shared_ptr<const Texts> texts_;
  bool plain_ = false;
  Buffer<std::uint64_t> validity_;
};

// Builds a column value by value; strings as a dictionary unless `plain`.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(ColumnType type, bool plain = false) : type_(type), plain_(plain) {}
  // out_of_range: more text than a column holds.
  Status append(const expr::Value& value);
  std::size_t rows() const { return rows_; }
  ColumnPtr finish();

 private:
  ColumnType type_;
  bool plain_;
  std::size_t rows_ = 0;
  Buffer<std::uint64_t> words_;
  Buffer<std::uint32_t> halves_;
  Texts texts_;
  std::unordered_map<std::string, std::uint32_t> codes_;
  Buffer<std::uint64_t> validity_;
};

// Compares two values of columns of one type in the total order of values: -1, 0 or 1.
int compare_values(ColumnType type, const expr::Value& a, const expr::Value& b);

}  // namespace weir::ops
