#include "server/auth/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>

#include "base/check.hpp"

namespace weir::server {

void random_bytes(std::span<std::uint8_t> out) {
  CHECK_EQ(RAND_bytes(out.data(), static_cast<int>(out.size())), 1);
}

std::string base64url(Bytes bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    held += 8;
    while (held >= 6) out.push_back(kAlphabet[bits >> (held -= 6) & 63]);
  }
  if (held != 0) out.push_back(kAlphabet[bits << (6 - held) & 63]);
  return out;
}

std::string random_token() {
  std::array<std::uint8_t, 32> bytes;
  random_bytes(bytes);
  return base64url(bytes);
}

bool equal_in_constant_time(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Digest secret_digest(std::string_view secret) {
  return sha256(as_bytes(secret));
}

}  // namespace weir::server
