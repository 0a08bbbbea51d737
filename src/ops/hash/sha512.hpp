// SHA-512 (FIPS 180-4) of a few pieces, as Ed25519 wants it.
//
//   const Bytes pieces[] = {r, key, message};
//   const Digest512 digest = sha512(pieces);
//
// Portable code: about a microsecond for a short message. Thread-safe; no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"

namespace weir::ops {

using Digest512 = std::array<std::uint8_t, 64>;

// Returns the hash of the pieces, one after the other.
Digest512 sha512(std::span<const Bytes> pieces);

}  // namespace weir::ops
