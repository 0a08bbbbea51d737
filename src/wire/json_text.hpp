// Strict checks of JSON text where a parser's tree is not wanted: one value, its numbers, its depth
// and that no object names a member twice.
//
//   const JsonFault fault = check_json(text, 8);
//   if (fault != JsonFault::kNone) ...
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::wire {

enum class JsonFault : std::uint8_t { kNone, kSyntax, kDepth, kRepeated };

// Returns "", "is not valid JSON", "is nested too deep", "names a member twice".
std::string_view json_fault_text(JsonFault fault);

// Checks that `text` is exactly one JSON value (RFC 8259; blanks around it allowed) nested at most
// `depth_max` deep, an empty array being depth 1, with no member named twice in one object
// (compared as written). The text must be UTF-8 already. Allocates a list of member names.
JsonFault check_json(std::string_view text, unsigned depth_max);

// Returns true for exactly a JSON number: no leading zeros, no plus sign, digits on both sides of a
// point.
bool is_json_number(std::string_view text);

}  // namespace weir::wire
