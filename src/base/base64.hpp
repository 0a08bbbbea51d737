// Base64 (RFC 4648, section 4) with padding.
//
//   std::string text = base64(bytes);
//   WEIR_ASSIGN(const std::vector<std::uint8_t> bytes, parse_base64(text));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace weir {

// Appends the text of `bytes`.
void append_base64(std::string& out, Bytes bytes);
std::string base64(Bytes bytes);

// Reads padded base64 without spaces; invalid_argument (base64) names the place of the first
// character that does not belong. Bits beyond the last byte must be zero.
Result<std::vector<std::uint8_t>> parse_base64(std::string_view text);

}  // namespace weir
