#include "base/decimal.hpp"

#include <array>
#include <limits>

namespace weir {
namespace {

constexpr std::uint64_t kUnitsMax = std::uint64_t{1} << 63;  // magnitude of the most negative i64

bool is_digit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}

constexpr std::array<std::uint64_t, 20> kPowers = [] {
  std::array<std::uint64_t, 20> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// The text in parts: digits without sign, point and exponent.
struct Parts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::int64_t shift = 0;  // power of ten of the exponent part
};

bool split(std::string_view text, char point, Parts& parts) {
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) parts.negative = text[at++] == '-';
  const std::size_t whole = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  parts.whole = text.substr(whole, at - whole);
  if (at < text.size() && text[at] == point) {
    const std::size_t fraction = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    parts.fraction = text.substr(fraction, at - fraction);
  }
  if (parts.whole.empty() && parts.fraction.empty()) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  bool down = false;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) down = text[at++] == '-';
  if (at == text.size()) return false;
  for (; at < text.size(); ++at) {
    if (!is_digit(text[at])) return false;
    if (parts.shift < 1'000'000) parts.shift = parts.shift * 10 + (text[at] - '0');
  }
  if (down) parts.shift = -parts.shift;
  return true;
}

Decimal signed_units(std::uint64_t magnitude, bool negative) {
  if (magnitude >= kUnitsMax && !(negative && magnitude == kUnitsMax))
    return {0, DecimalError::kRange};
  return {static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude), DecimalError::kNone};
}

// Any length, any exponent: walks the digits that stand at or above the minor unit.
Decimal parse_slow(const Parts& parts, unsigned exponent) {
  const std::int64_t point = static_cast<std::int64_t>(parts.whole.size()) + parts.shift +
                             static_cast<std::int64_t>(exponent);
  const std::size_t digits = parts.whole.size() + parts.fraction.size();
  const auto digit = [&](std::size_t i) {
    return static_cast<unsigned>(
        (i < parts.whole.size() ? parts.whole[i] : parts.fraction[i - parts.whole.size()]) - '0');
  };
  std::uint64_t magnitude = 0;
  bool over = false;
  bool excess = false;
  for (std::size_t i = 0; i < digits; ++i) {
    if (static_cast<std::int64_t>(i) >= point) {
      excess |= digit(i) != 0;
      continue;
    }
    over |= magnitude > (kUnitsMax - digit(i)) / 10;
    if (!over) magnitude = magnitude * 10 + digit(i);
  }
  if (excess) return {0, DecimalError::kPrecision};
  for (auto i = static_cast<std::int64_t>(digits); i < point && magnitude != 0 && !over; ++i) {
    over = magnitude > kUnitsMax / 10;
    if (!over) magnitude *= 10;
  }
  if (over) return {0, DecimalError::kRange};
  return signed_units(magnitude, parts.negative);
}

}  // namespace

std::string_view decimal_error_reason(DecimalError error) {
  switch (error) {
    case DecimalError::kNone:
      return "";
    case DecimalError::kFormat:
      return "number_format";
    case DecimalError::kPrecision:
      return "amount_precision";
    case DecimalError::kRange:
      return "amount_range";
  }
  return "";
}

Decimal parse_decimal(std::string_view text, unsigned exponent, char point) {
  // The common case first: short unsigned digits with at most `exponent` decimals.
  if (text.size() <= 18 && exponent <= 12) {
    std::uint64_t value = 0;
    std::size_t at = 0;
    while (at < text.size() && is_digit(text[at]))
      value = value * 10 + static_cast<unsigned>(text[at++] - '0');
    const std::size_t whole = at;
    std::size_t decimals = 0;
    if (at < text.size() && text[at] == point) {
      for (++at; at < text.size() && is_digit(text[at]); ++at, ++decimals)
        value = value * 10 + static_cast<unsigned>(text[at] - '0');
    }
    if (at == text.size() && whole + decimals != 0 && decimals <= exponent &&
        whole + exponent <= 18)
      return {static_cast<std::int64_t>(value * kPowers[exponent - decimals]), DecimalError::kNone};
  }
  Parts parts;
  if (!split(text, point, parts)) return {0, DecimalError::kFormat};
  return parse_slow(parts, exponent);
}

std::string format_decimal(std::int64_t units, unsigned exponent) {
  std::uint64_t magnitude = static_cast<std::uint64_t>(units);
  if (units < 0) magnitude = 0 - magnitude;
  std::string text = std::to_string(magnitude);
  if (exponent != 0) {
    if (text.size() <= exponent) text.insert(0, exponent + 1 - text.size(), '0');
    text.insert(text.size() - exponent, 1, '.');
  }
  if (units < 0) text.insert(0, 1, '-');
  return text;
}

}  // namespace weir
