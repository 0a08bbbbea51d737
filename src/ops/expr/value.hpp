// Values of one row, and the language's operations on them: what the tree walk computes with, what
// folds constants, and what programs call where there is no vector kernel.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "ops/expr/type.hpp"

namespace weir::expr {

// Why an operation has no value. Options decide whether that is an error or null.
enum class Fault : std::uint8_t { kNone, kOverflow, kZeroDivision, kCast };
std::string_view fault_text(Fault fault);

struct Value {
  bool null = true;
  std::uint8_t scale = 0;  // decimals of this value, for Type::decimal_per_row
  std::int64_t i = 0;      // bool 0 or 1, i64, decimal, timestamp, duration, symbol
  double f = 0;
  std::string_view s;
  static Value of_i64(std::int64_t i) { return {false, 0, i, 0, {}}; }
  static Value of_f64(double f) { return {false, 0, 0, f, {}}; }
  static Value of_text(std::string_view s) { return {false, 0, 0, 0, s}; }
};

// Bytes of strings that functions make; reset() keeps the memory.
class TextArena {
 public:
  char* take(std::size_t bytes);
  void reset() {
    chunk_ = 0;
    used_ = 0;
  }

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;
  std::size_t used_ = 0;
};

inline constexpr unsigned kScaleMax = 18;
// 10^n for n = 0..18.
extern const std::int64_t kPowersOfTen[kScaleMax + 1];

using Wide = __int128;
inline bool fits_i64(Wide value) {
  return value == static_cast<Wide>(static_cast<std::int64_t>(value));
}

// Returns -1, 0 or 1 by the exact values a * 10^-a_scale and b * 10^-b_scale; scales 0..18.
inline int compare_decimal(std::int64_t a, unsigned a_scale, std::int64_t b, unsigned b_scale) {
  Wide left = a;
  Wide right = b;
  if (a_scale < b_scale) left *= kPowersOfTen[b_scale - a_scale];
  if (b_scale < a_scale) right *= kPowersOfTen[a_scale - b_scale];
  return left < right ? -1 : left > right ? 1 : 0;
}

// The total order of f64: NaN equals NaN and exceeds every number.
inline int compare_f64(double a, double b) {
  const bool a_nan = a != a;
  const bool b_nan = b != b;
  if (a_nan || b_nan) return static_cast<int>(a_nan) - static_cast<int>(b_nan);
  return a < b ? -1 : a > b ? 1 : 0;
}

inline double decimal_to_f64(std::int64_t units, unsigned scale) {
  return static_cast<double>(units) / static_cast<double>(kPowersOfTen[scale]);
}

// Changes the decimals of a value, rounding half away from zero.
Fault rescale(std::int64_t units, unsigned from, unsigned to, std::int64_t& out);

// Matches SQL LIKE: % any text, _ one code point, \ takes the next character literally.
bool like_match(std::string_view text, std::string_view pattern);

// A strict operation: its operator and the types around it.
struct ScalarOp {
  std::uint8_t op = 0;   // TypedOp
  std::uint8_t sub = 0;  // comparison, function
  Type type;             // of the result
};

// Computes a strict operation of values of `types` (nulls allowed: they are handled here, too).
Fault apply(const ScalarOp& op, const Value* args, const Type* types, std::size_t count,
            TextArena& arena, Value& out);

}  // namespace weir::expr
