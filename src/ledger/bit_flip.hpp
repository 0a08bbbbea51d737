// Finds the one flipped bit that explains a CRC-32C mismatch.
//
//   const auto bit = locate_bit_flip(stored_crc, crc32c(bytes), bytes.size());
//   if (bit) report(*bit / 8, *bit % 8);
//
// A CRC is linear: the difference of two checksums depends on the flipped bit's distance from the
// end alone, and for CRC-32C these differences are distinct up to 2^31 - 1 bits.
#pragma once

#include <cstdint>
#include <optional>

namespace weir::ledger {

// Returns the index (byte * 8 + bit, low bit first) of the single bit of `bytes` bytes whose flip
// turns checksum `expected` into `actual`; nothing if no single bit does. Costs about a nanosecond
// a bit.
std::optional<std::uint64_t> locate_bit_flip(std::uint32_t expected, std::uint32_t actual,
                                             std::uint64_t bytes);

}  // namespace weir::ledger
