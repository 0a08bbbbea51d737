// JsonValue: the tree of a small JSON body. For control routes; events are read by wire.
//
//   WEIR_ASSIGN(const JsonValue body, parse_json(request.body));
//   WEIR_ASSIGN(const std::string name, body.text("name"));   // field_missing names the member
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace weir::server {

inline constexpr std::size_t kJsonBodyDepthMax = 64;

struct JsonValue {
  enum class Kind : std::uint8_t { kNull, kBool, kInteger, kNumber, kText, kArray, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  std::int64_t integer = 0;  // kInteger
  double number = 0;         // kInteger and kNumber
  std::string string;        // kText
  std::vector<JsonValue> items;
  struct Member;
  std::vector<Member> members;

  bool is_object() const { return kind == Kind::kObject; }
  bool is_array() const { return kind == Kind::kArray; }
  // Returns the member, or null.
  const JsonValue* find(std::string_view name) const;

  // Return a member of an object; field_missing or field_type (invalid_argument) name it.
  Result<std::string> text(std::string_view name) const;
  Result<std::int64_t> whole(std::string_view name) const;
  // Return a fallback for an absent or null member; field_type for another type.
  Result<std::string> text_or(std::string_view name, std::string_view fallback) const;
  Result<std::int64_t> whole_or(std::string_view name, std::int64_t fallback) const;
  // RFC 3339 text to microseconds; 0 if absent.
  Result<std::int64_t> time_or_zero(std::string_view name) const;
};

struct JsonValue::Member {
  std::string name;
  JsonValue value;
};

// Parses a whole text; invalid_argument (json_shape) if it is not JSON or nested too deep.
Result<JsonValue> parse_json(std::string_view text);

}  // namespace weir::server
