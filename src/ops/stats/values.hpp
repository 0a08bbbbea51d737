// Values: the column that a statistic reads: f64 or f32 (widened to f64), perhaps with nulls.
//
//   const Values x = Values::of(std::span<const double>(prices));
//   const Values some = x.with_validity(bits, 5);     // bit 5 + i set: value i is there
//
// A view: valid as long as what it points to. Null is not NaN: nulls are skipped always, NaN as
// the caller says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace weir::ops {

// What NaN does to a statistic.
enum class NanPolicy : std::uint8_t {
  kPropagate,  // the result is NaN
  kOmit,       // skipped like a null, and counted
  kRaise,      // invalid_argument that names the first row
};

struct Values {
  std::span<const double> f64 = {};
  std::span<const float> f32 = {};  // at most one of the two is not empty
  const std::uint64_t* validity = nullptr;
  std::size_t first_bit = 0;  // of value 0 in `validity`

  static Values of(std::span<const double> x) { return {.f64 = x}; }
  static Values of(std::span<const float> x) { return {.f32 = x}; }
  Values with_validity(const std::uint64_t* bits, std::size_t first = 0) const {
    Values values = *this;
    values.validity = bits;
    values.first_bit = first;
    return values;
  }

  bool is_f32() const { return !f32.empty(); }
  std::size_t size() const { return is_f32() ? f32.size() : f64.size(); }
  std::size_t value_bytes() const { return is_f32() ? sizeof(float) : sizeof(double); }
  double at(std::size_t i) const { return is_f32() ? static_cast<double>(f32[i]) : f64[i]; }
  bool valid(std::size_t i) const {
    const std::size_t bit = first_bit + i;
    return validity == nullptr || (validity[bit / 64] >> (bit % 64) & 1) != 0;
  }
  // Returns `count` values from `from` on.
  Values slice(std::size_t from, std::size_t count) const {
    Values part = *this;
    if (is_f32()) {
      part.f32 = f32.subspan(from, count);
    } else {
      part.f64 = f64.subspan(from, count);
    }
    part.first_bit = first_bit + from;
    return part;
  }
};

// invalid_argument if both types are given.
inline Status check_values(const Values& x, std::string_view name) {
  if (x.f64.empty() || x.f32.empty()) return Status::ok();
  return invalid_argument("column_types", std::to_string(x.f64.size()) + " f64 and " +
                                              std::to_string(x.f32.size()) + " f32 values")
      .at(name)
      .hint("give one of the two");
}

// The answer of NanPolicy::kRaise.
inline Status nan_found(std::size_t row) {
  return invalid_argument("nan", "row " + std::to_string(row) + " is NaN")
      .hint("use nan: omit or propagate");
}

}  // namespace weir::ops
