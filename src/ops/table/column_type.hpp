// ColumnType: what a column of a table holds.
//
//   const ColumnType amount = ColumnType::decimal(2);
//   column_type_name(amount);      // "decimal(2)"
//
// Timestamps are microseconds since 1970 UTC, the unit of the log, the rules and the expressions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ops/expr/type.hpp"

namespace weir::ops {

enum class ColumnKind : std::uint8_t {
  kBool,
  kI32,
  kI64,
  kU64,
  kF32,
  kF64,
  kDecimal,    // i64 times 10^-scale
  kTimestamp,  // i64 microseconds since 1970 UTC
  kString,     // UTF-8
};

struct ColumnType {
  ColumnKind kind = ColumnKind::kF64;
  std::uint8_t scale = 0;  // kDecimal: 0..18

  static constexpr ColumnType boolean() { return {ColumnKind::kBool}; }
  static constexpr ColumnType i32() { return {ColumnKind::kI32}; }
  static constexpr ColumnType i64() { return {ColumnKind::kI64}; }
  static constexpr ColumnType u64() { return {ColumnKind::kU64}; }
  static constexpr ColumnType f32() { return {ColumnKind::kF32}; }
  static constexpr ColumnType f64() { return {ColumnKind::kF64}; }
  static constexpr ColumnType decimal(std::uint8_t scale) { return {ColumnKind::kDecimal, scale}; }
  static constexpr ColumnType timestamp() { return {ColumnKind::kTimestamp}; }
  static constexpr ColumnType string() { return {ColumnKind::kString}; }

  constexpr bool is(ColumnKind k) const { return kind == k; }
  constexpr bool floating() const { return kind == ColumnKind::kF32 || kind == ColumnKind::kF64; }
  // i32, i64, u64 and decimal.
  constexpr bool integral() const {
    return kind == ColumnKind::kI32 || kind == ColumnKind::kI64 || kind == ColumnKind::kU64 ||
           kind == ColumnKind::kDecimal;
  }
  constexpr bool numeric() const { return floating() || integral(); }
  constexpr bool operator==(const ColumnType&) const = default;
};

// Returns "bool", "i32", "decimal(2)", "timestamp", ...
std::string column_type_name(ColumnType type);

// Returns the type that expressions give the values of a column.
expr::Type expression_type(ColumnType type);
// Returns the type of a column of an expression's values: durations become seconds, decimal(6),
// what expressions take a duration beside a number for; nothing for null, symbols and decimals with
// decimals per row.
std::optional<ColumnType> column_type(expr::Type type);

// Bytes of one value in memory; 0 for bool (a bitmap), 4 for the code of a dictionary.
constexpr std::size_t column_value_bytes(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kBool:
      return 0;
    case ColumnKind::kI32:
    case ColumnKind::kF32:
    case ColumnKind::kString:
      return 4;
    default:
      return 8;
  }
}

}  // namespace weir::ops
