// KeySlots: how a table of keys is read, on the host and on devices.
//
//   const KeySlots table{slots, 0, 64 - bits, (1 << bits) - 1};
//   table.find(key);      // its number, or kAbsent
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/block.hpp"

namespace weir::ops {

// Spreads the bits of a key; the leading ones are the best.
WEIR_HD inline std::uint64_t spread_key(std::uint64_t key) {
  key ^= key >> 32;
  key *= 0x9E3779B97F4A7C15U;
  key ^= key >> 29;
  return key * 0xBF58476D1CE4E5B9U;
}

struct KeySlot {
  std::uint64_t key;
  std::uint32_t id;  // KeySlots::kAbsent: the slot is free
  std::uint32_t unused;
};

struct KeySlots {
  static constexpr std::uint32_t kAbsent = 0xFFFFFFFFU;
  const KeySlot* slots;
  unsigned skip_bits;  // leading bits that all spread keys share
  unsigned shift;
  std::size_t mask;

  WEIR_HD std::size_t place(std::uint64_t key) const {
    return spread_key(key) << skip_bits >> shift;
  }
  WEIR_HD std::uint32_t find(std::uint64_t key) const {
    for (std::size_t at = place(key);; at = (at + 1) & mask) {
      const KeySlot slot = slots[at];
      if (slot.id == kAbsent || slot.key == key) return slot.id;
    }
  }
};

}  // namespace weir::ops
