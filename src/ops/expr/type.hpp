// The types of the expression language, and the schema that gives names a type and an input.
//
//   Schema schema;
//   schema.add("amount", Type::decimal_per_row(), Storage::kI64);   // minor units, decimals a row
//   schema.add("feature.amount_z", Type::f64(), Storage::kF32);
//   DomainId types =
//       schema.add_domain("type", [](std::string_view text) -> Result<std::int64_t> {...});
//   schema.add("type", Type::symbol(types), Storage::kU8);          // type = 'payment'
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/column.hpp"
#include "base/result.hpp"

namespace weir::expr {

enum class Kind : std::uint8_t {
  kNull,  // the type of the literal null
  kBool,
  kI64,
  kF64,
  kDecimal,    // i64 times 10^-scale
  kTimestamp,  // i64 microseconds since 1970 UTC
  kDuration,   // i64 microseconds
  kString,     // UTF-8
  kSymbol,  // i64 code that stands for a text; only =, !=, in, is null and passing on are defined
};

using DomainId = std::uint16_t;

struct Type {
  static constexpr std::uint8_t kPerRow = 255;  // scale: every row brings its own decimals

  Kind kind = Kind::kNull;
  std::uint8_t scale = 0;  // kDecimal: 0..18 or kPerRow
  DomainId domain = 0;     // kSymbol

  static constexpr Type null() { return {}; }
  static constexpr Type boolean() { return {Kind::kBool}; }
  static constexpr Type i64() { return {Kind::kI64}; }
  static constexpr Type f64() { return {Kind::kF64}; }
  static constexpr Type decimal(std::uint8_t scale) { return {Kind::kDecimal, scale}; }
  static constexpr Type decimal_per_row() { return {Kind::kDecimal, kPerRow}; }
  static constexpr Type timestamp() { return {Kind::kTimestamp}; }
  static constexpr Type duration() { return {Kind::kDuration}; }
  static constexpr Type string() { return {Kind::kString}; }
  static constexpr Type symbol(DomainId domain) { return {Kind::kSymbol, 0, domain}; }

  constexpr bool is(Kind k) const { return kind == k; }
  constexpr bool per_row() const { return kind == Kind::kDecimal && scale == kPerRow; }
  constexpr bool numeric() const {
    return kind == Kind::kI64 || kind == Kind::kF64 || kind == Kind::kDecimal;
  }
  constexpr bool operator==(const Type&) const = default;
};

// Returns "bool", "i64", "decimal(2)", "decimal", "symbol", ...
std::string type_name(Type type);

using InputId = std::uint32_t;
inline constexpr InputId kNoInput = 0xFFFFFFFFU;

struct Field {
  std::string name;  // empty: hidden, reachable only through Ast::add_input
  Type type;
  Storage storage = Storage::kF64;
  InputId input = kNoInput;
};

// Turns a text (or the digits of an integer literal) into the code of a symbol column; an error is
// a compile error at the literal, its hint kept.
using SymbolResolver = std::function<Result<std::int64_t>(std::string_view text)>;

// Names and inputs. Inputs are numbered from 0 in the order of registration; Program reads the
// column of input i from element i of what evaluate() is given. Not thread-safe while it is being
// filled.
class Schema {
 public:
  // Adds a named column. `storage` is how its values lie in memory: integers of any width for kI64,
  // kTimestamp, kDuration, kDecimal and kSymbol (u64 is taken bit by bit), kF32 or kF64 for kF64,
  // kBitmap or kU8 for kBool, any of the texts for kString. The name must be new.
  InputId add(std::string_view name, Type type, Storage storage);
  // Adds a column without a name, for leaves that an extension of the parser makes.
  InputId add_hidden(Type type, Storage storage);
  DomainId add_domain(std::string_view what, SymbolResolver resolver);

  // Returns the field, or null.
  const Field* find(std::string_view name) const;
  const Field& field(InputId input) const { return fields_[input]; }
  std::span<const Field> fields() const { return fields_; }
  Result<std::int64_t> resolve(DomainId domain, std::string_view text) const;
  const std::string& domain_name(DomainId domain) const { return domains_[domain].what; }

 private:
  struct Domain {
    std::string what;
    SymbolResolver resolver;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::vector<Field> fields_;
  std::vector<Domain> domains_;
  std::unordered_map<std::string, InputId, TextHash, std::equal_to<>> by_name_;
};

// Returns the candidate with the smallest edit distance to `name` if that is at most 2 (1 for names
// of 3 letters or fewer), ties by order; else empty.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace weir::expr
