// The three hashes Weir uses: XXH3-64 for tables and frames, CRC-32C for storage, SHA-256 for
// identity.
//
//   Sha256 sha;  sha.update(a);  sha.update(b);  Digest d = sha.finish();
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace weir {

using Digest = std::array<std::uint8_t, 32>;

// Returns XXH3-64 (seed 0) of the bytes.
std::uint64_t xxh3_64(Bytes bytes);

// Returns CRC-32C (Castagnoli) continued from `crc`; start with 0. crc32c("123456789") =
// 0xE3069283.
std::uint32_t crc32c(Bytes bytes, std::uint32_t crc = 0);

// Incremental SHA-256 (FIPS 180-4) on SHA-NI where the CPU has it. Not thread-safe; no allocation.
class Sha256 {
 public:
  Sha256() { reset(); }
  void reset();
  void update(Bytes bytes);
  // Returns the digest; call reset() before using the object again.
  Digest finish();

 private:
  std::array<std::uint32_t, 8> state_;
  std::array<std::uint8_t, 64> block_;
  std::uint64_t total_bytes_;
};

Digest sha256(Bytes bytes);

}  // namespace weir
