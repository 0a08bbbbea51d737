// Where a CSV's structure is: one bit per byte that is a delimiter, a quote or a line feed.
//
//   std::uint64_t masks[kStructureBlocks];
//   const bool ascii = find_structure(data, 16, ',', masks);   // 16 x 64 bytes
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::wire {

// Writes masks[blocks]; bit i of masks[b] belongs to data[64 * b + i]. All 64 * blocks bytes are
// read. Returns true if none of them has its high bit set. Thread-safe; the same on every
// instruction set.
bool find_structure(const std::uint8_t* data, std::size_t blocks, char delimiter,
                    std::uint64_t* masks);

}  // namespace weir::wire
