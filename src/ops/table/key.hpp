// Keys: columns as unsigned words whose order, word by word, is the total order of the values.
//
//   const KeyColumn by[] = {{country.get()}, {amount.get(), {.descending = true}}};
//   WEIR_ASSIGN(const KeyWords keys, encode_keys(by, table.rows()));
//   Argsort::cpu(run, {keys.words.span(), keys.count, table.rows()}, out);
//
// NaN equals NaN and exceeds every number, -0.0 equals 0.0, strings go by bytes, false before true.
// Nulls are one value, behind all others in either direction unless `nulls_first`. Each key takes
// as many bits as its range needs; keys share a word where they fit.
#pragma once

#include <bit>
#include <span>
#include <vector>

#include "ops/table/column.hpp"

namespace weir::ops {

struct KeyOrder {
  bool descending = false;
  bool nulls_first = false;
};

struct KeyColumn {
  const Column* column = nullptr;
  KeyOrder order = {};
};

// Word w of row r is words[w * rows + r]; word 0 counts most.
struct KeyWords {
  Buffer<std::uint64_t> words;
  std::size_t count = 0;
};

enum class KeyUse : std::uint8_t {
  kOrder,     // words order as values do
  kEquality,  // words are equal where values are: cheaper for strings
};

KeyWords encode_keys(std::span<const KeyColumn> keys, std::size_t rows, KeyUse use);

// Encodes keys of two tables alike, for equality; key i of one is matched with key i of the other.
// Integers of any width match each other, as do floats. invalid_argument: other types differ.
struct KeyPair {
  KeyWords left;
  KeyWords right;
};
Result<KeyPair> encode_key_pair(std::span<const Column* const> left,
                                std::span<const Column* const> right, std::size_t left_rows,
                                std::size_t right_rows);

// The order-preserving image of an f64. No branch: keys of either sign alternate.
inline std::uint64_t ordered_f64(double value) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);  // -0.0 becomes 0.0
  const std::uint64_t negative = 0 - (bits >> 63);
  const std::uint64_t image = bits ^ (negative | kSign);
  return value != value ? ~std::uint64_t{0} : image;
}

}  // namespace weir::ops
