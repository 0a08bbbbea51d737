#include "base/decimal.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/rng.hpp"

namespace weir {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

void expect_units(std::string_view text, unsigned exponent, std::int64_t units) {
  const Decimal parsed = parse_decimal(text, exponent);
  EXPECT_EQ(parsed.error, DecimalError::kNone) << text;
  EXPECT_EQ(parsed.units, units) << text;
}

void expect_error(std::string_view text, unsigned exponent, std::string_view reason) {
  EXPECT_EQ(decimal_error_reason(parse_decimal(text, exponent).error), reason) << text;
}

TEST(Decimal, ReadsMoneyExactly) {
  expect_units("531.81", 2, 53'181);
  expect_units("0.1", 2, 10);
  expect_units(".5", 2, 50);
  expect_units("5.", 2, 500);
  expect_units("007", 0, 7);
  expect_units("-0.01", 2, -1);
  expect_units("+3", 2, 300);
  // As doubles these two are one number.
  expect_units("9007199254740993", 0, 9'007'199'254'740'993);
  expect_units("90071992547409.93", 2, 9'007'199'254'740'993);
  expect_units("1.10", 1, 11);
  expect_units("1.1000000000000000000000000", 1, 11);
}

TEST(Decimal, ReadsExponents) {
  expect_units("5.3181e2", 2, 53'181);
  expect_units("1e-2", 2, 1);
  expect_units("53181E-2", 2, 53'181);
  expect_units("0e999999999999", 2, 0);
  expect_units("100e-4", 2, 1);
}

TEST(Decimal, NamesEachKindOfError) {
  for (const char* text : {"", "-", ".", "12,3,4", "1 000", " 1", "1 ", "0x10", "1e", "1e+", "nan",
                           "inf", "1.2.3", "--1", "1e5x", "12a"})
    expect_error(text, 2, "number_format");
  expect_error("1.005", 2, "amount_precision");
  expect_error("1e-3", 2, "amount_precision");
  expect_error("0.00000000000000000000000001", 2, "amount_precision");
  expect_error("92233720368547758.08", 2, "amount_range");
  expect_error("1e30", 2, "amount_range");
  expect_error("99999999999999999999", 0, "amount_range");
}

TEST(Decimal, HoldsTheWholeRangeOfI64) {
  expect_units("92233720368547758.07", 2, kMax);
  expect_units("-92233720368547758.08", 2, kMin);
  EXPECT_EQ(format_decimal(kMin, 2), "-92233720368547758.08");
  EXPECT_EQ(format_decimal(kMax, 0), "9223372036854775807");
}

TEST(Decimal, TakesACommaWhenTold) {
  EXPECT_EQ(parse_decimal("12,34", 2, ',').units, 1'234);
  EXPECT_EQ(parse_decimal("12.34", 2, ',').error, DecimalError::kFormat);
}

TEST(Decimal, FormatsWithAllDecimals) {
  EXPECT_EQ(format_decimal(53'181, 2), "531.81");
  EXPECT_EQ(format_decimal(5, 3), "0.005");
  EXPECT_EQ(format_decimal(-5, 3), "-0.005");
  EXPECT_EQ(format_decimal(0, 0), "0");
}

TEST(Decimal, RoundTripsRandomUnits) {
  Philox rng(11, 0);
  for (int i = 0; i < 20'000; ++i) {
    const auto units = static_cast<std::int64_t>(rng.next_u64() >> rng.next_below(64));
    const unsigned exponent = rng.next_below(13);
    const std::string text = format_decimal(units, exponent);
    expect_units(text, exponent, units);
    expect_units(text + (exponent == 0 ? ".000" : "000"), exponent, units);
  }
}

}  // namespace
}  // namespace weir
