// KeptLanes: where the lanes of a vector come from when the set ones of a mask move to its front.
//
//   kKeptLanes<8>.from[0b1010]        // lane 1, lane 3, then lane 0 for all that mean nothing
//
// Highway's own tables are local variables, which gcc 12 copies to the stack (2 KB) at each use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::ops {

// Of up to eight 32-bit lanes, which are `kParts` to a value; a narrower vector uses the first
// entries and the first places of each.
template <std::size_t kParts>
struct KeptLanes {
  static constexpr std::size_t kValues = 8 / kParts;

  constexpr KeptLanes() {
    for (std::size_t mask = 0; mask < std::size_t{1} << kValues; ++mask) {
      std::size_t to = 0;
      for (std::size_t value = 0; value < kValues; ++value) {
        if ((mask >> value & 1) == 0) continue;
        for (std::size_t part = 0; part < kParts; ++part) {
          from[mask][to++] = static_cast<std::uint8_t>(value * kParts + part);
        }
      }
    }
  }

  std::uint8_t from[std::size_t{1} << kValues][8] = {};
};

template <std::size_t kParts>
inline constexpr KeptLanes<kParts> kKeptLanes = {};

}  // namespace weir::ops
