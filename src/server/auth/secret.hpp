// Secrets: random bytes, their text, and comparison that takes the same time wherever they differ.
//
//   const std::string token = random_token();             // 43 base64url characters, 256 bits
//   if (!equal_in_constant_time(stored, sha256(as_bytes(token)))) ...
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace weir::server {

// Fills with bytes of the operating system's generator; CHECKs if it fails.
void random_bytes(std::span<std::uint8_t> out);
// Returns 32 random bytes as 43 base64url characters.
std::string random_token();
std::string base64url(Bytes bytes);
bool equal_in_constant_time(Bytes a, Bytes b);
Digest secret_digest(std::string_view secret);

}  // namespace weir::server
