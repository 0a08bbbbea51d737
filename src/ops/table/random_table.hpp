// Tables of every type with nulls, NaN, extremes and few distinct values, for tests.
#pragma once

#include <array>
#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "ops/table/table.hpp"

namespace weir::ops {

// Columns b, i (i32), l (i64), u (u64), f (f32), d (f64), m (decimal(2)), t (timestamp),
// s (dictionary), p (plain). `variety`: how many values a column chooses from.
inline Table random_table(std::size_t rows, std::uint32_t variety, bool nulls, std::uint64_t seed) {
  static constexpr std::array<std::string_view, 8> kTexts = {
      "", "a", "Zo\xc3\xab", "zebra", "abc", "ab", "abcdefghij", "abcdefghik"};
  const double inf = std::numeric_limits<double>::infinity();
  const std::array<double, 8> specials = {-0.0, 0.0,    std::nan(""), inf,
                                          -inf, 5e-324, 1e300,        -1e-300};
  Table table;
  const auto add = [&](std::string_view name, ColumnType type, bool plain, auto&& value) {
    Philox rng(seed, 100 + table.columns().size());
    ColumnBuilder built(type, plain);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint32_t pick = rng.next_below(variety);
      const bool null = nulls && rng.next_below(5) == 0;
      CHECK(built.append(null ? expr::Value{} : value(pick)).is_ok());
    }
    CHECK(table.add(name, built.finish()).is_ok());
  };
  using V = expr::Value;
  const auto edge = [](std::uint32_t pick) -> std::int64_t {
    if (pick == 1) return std::numeric_limits<std::int32_t>::max();
    if (pick == 2) return std::numeric_limits<std::int32_t>::min();
    return static_cast<std::int64_t>(pick) - 4;
  };
  const auto number = [&](std::uint32_t pick) {
    return pick < specials.size() ? specials[pick] : (pick - 9.0) / 7.0;
  };
  add("b", ColumnType::boolean(), false, [](std::uint32_t p) { return V::of_i64(p % 2); });
  add("i", ColumnType::i32(), false, [&](std::uint32_t p) { return V::of_i64(edge(p)); });
  add("l", ColumnType::i64(), false, [&](std::uint32_t p) { return V::of_i64(edge(p) * 3); });
  add("u", ColumnType::u64(), false,
      [](std::uint32_t p) { return V::of_i64(p == 0 ? -1 : static_cast<std::int64_t>(p)); });
  add("f", ColumnType::f32(), false, [&](std::uint32_t p) {
    return V::of_f64(static_cast<double>(static_cast<float>(number(p))));
  });
  add("d", ColumnType::f64(), false, [&](std::uint32_t p) { return V::of_f64(number(p)); });
  add("m", ColumnType::decimal(2), false, [&](std::uint32_t p) { return V::of_i64(edge(p)); });
  add("t", ColumnType::timestamp(), false, [](std::uint32_t p) {
    return V::of_i64(1'700'000'000'000'000 + std::int64_t{p} * 60'000'000);
  });
  add("s", ColumnType::string(), false, [](std::uint32_t p) { return V::of_text(kTexts[p % 8]); });
  add("p", ColumnType::string(), true, [](std::uint32_t p) { return V::of_text(kTexts[p % 7]); });
  return table;
}

}  // namespace weir::ops
