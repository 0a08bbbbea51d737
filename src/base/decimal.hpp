// Exact decimal text to integer minor units and back. Money never passes through a double.
//
//   const Decimal price = parse_decimal("531.81", 2);   // units 53181
//   if (price.error != DecimalError::kNone) return decimal_error_reason(price.error);
//   format_decimal(53181, 2);                           // "531.81"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

enum class DecimalError : std::uint8_t { kNone, kFormat, kPrecision, kRange };

// Returns "number_format", "amount_precision", "amount_range" or "".
std::string_view decimal_error_reason(DecimalError error);

struct Decimal {
  std::int64_t units = 0;
  DecimalError error = DecimalError::kNone;
};

// Parses [+-] digits [point digits] [e [+-] digits] into units of 10^-exponent, exponent 0 to 18.
// Digits on one side of the point may be absent, not on both. Zeros beyond the minor unit are
// allowed, anything else there is kPrecision; a result outside i64 is kRange. No blanks, no group
// separators.
Decimal parse_decimal(std::string_view text, unsigned exponent, char point = '.');

// Returns the shortest text with exactly `exponent` decimals: 53181, 2 -> "531.81"; -5, 3 ->
// "-0.005".
std::string format_decimal(std::int64_t units, unsigned exponent);

}  // namespace weir
