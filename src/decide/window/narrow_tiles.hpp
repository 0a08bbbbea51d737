// How a slot holds the tiles of a key that has little to remember: in half a cache line for counts,
// in one for everything else. A key that outgrows its slot gets a body with all 24 tiles
// (tile_bodies.hpp) and comes back when the tiles it still covers fit again with room to spare.
//
// Word 0 of a slot: bits 0-39 the latest tile + 1 (0: no event yet), bit 40 set when the tiles lie
// in a body, whose number word 1 then holds, bits 48-55 how many entries the slot holds. A narrow
// form is a struct with
//   kWords                            words of a slot
//   add(slot, at, value)              one event in tile `at`; false: it does not fit
//   clear(slot, at)                   tile `at` empty
//   read(slot, live, spec, out)       the function over the tiles for which live(at); false: null
//   widen(slot, body)                 fills a body
//   narrow(body, slot)                fills a slot from a body; false: not enough room to spare
#pragma once

#include <array>
#include <cstdint>

#include "decide/window/tile_bodies.hpp"

namespace weir::decide::window_internal {

inline constexpr unsigned kTileBits = 40;
inline constexpr std::uint64_t kTileMask = (std::uint64_t{1} << kTileBits) - 1;
inline constexpr std::uint64_t kIsWide = std::uint64_t{1} << kTileBits;
inline constexpr unsigned kEntriesShift = 48;

// Returns the latest tile of a slot; -1: no event yet.
inline std::int64_t latest_tile(const std::uint64_t* slot) {
  return static_cast<std::int64_t>(slot[0] & kTileMask) - 1;
}
inline void set_latest_tile(std::uint64_t* slot, std::int64_t tile) {
  slot[0] = (slot[0] & ~kTileMask) | static_cast<std::uint64_t>(tile + 1);
}
inline bool is_wide(const std::uint64_t* slot) {
  return (slot[0] & kIsWide) != 0;
}

// Counts of up to 255 a tile, a byte each.
struct NarrowCounts {
  static constexpr unsigned kWords = 1 + kTiles / 8;

  static std::uint8_t* tiles(std::uint64_t* slot) {
    return reinterpret_cast<std::uint8_t*>(slot + 1);
  }
  static const std::uint8_t* tiles(const std::uint64_t* slot) {
    return reinterpret_cast<const std::uint8_t*>(slot + 1);
  }
  static bool add(std::uint64_t* slot, unsigned at, std::uint64_t) {
    std::uint8_t& tile = tiles(slot)[at];
    if (tile == 0xFF) return false;
    ++tile;
    return true;
  }
  static void clear(std::uint64_t* slot, unsigned at) { tiles(slot)[at] = 0; }
  static void clear_all(std::uint64_t* slot) { slot[1] = slot[2] = slot[3] = 0; }

  static std::uint64_t total(const std::uint64_t* slot) {
    constexpr std::uint64_t kBytes = 0x00FF00FF00FF00FFU;
    std::uint64_t lanes = 0;  // four sums of six bytes each
    for (unsigned i = 1; i < kWords; ++i) lanes += (slot[i] & kBytes) + (slot[i] >> 8 & kBytes);
    return lanes * 0x0001000100010001U >> 48;
  }
  template <class Live>
  static bool read(const std::uint64_t* slot, Live live, const WindowSpec& spec,
                   std::uint64_t& out) {
    std::uint64_t sum = 0;
    if constexpr (std::is_same_v<Live, AllTiles>) {
      sum = total(slot);
    } else {
      for (unsigned at = 0; at < kTiles; ++at) sum += live(at) ? tiles(slot)[at] : 0U;
    }
    return CountBody::finish(sum, spec, out);
  }
  static void widen(const std::uint64_t* slot, std::uint64_t* body) {
    for (unsigned at = 0; at < kTiles; ++at) CountBody::tiles(body)[at] = tiles(slot)[at];
  }
  static bool narrow(const std::uint64_t* body, std::uint64_t* slot) {
    for (unsigned at = 0; at < kTiles; ++at) {
      if (CountBody::tiles(body)[at] > 0x7F) return false;
    }
    for (unsigned at = 0; at < kTiles; ++at) {
      tiles(slot)[at] = static_cast<std::uint8_t>(CountBody::tiles(body)[at]);
    }
    return true;
  }
};

// The tiles that are not empty, in the order of their places, so that a sum of f64 has the bits it
// would have over all 24. With counts (for avg) an entry less.
template <class Body, bool kCounted>
struct NarrowEntries {
  static constexpr unsigned kWords = 8;
  static constexpr unsigned kEntries = kCounted ? 5 : 6;

  static unsigned size(const std::uint64_t* slot) {
    return static_cast<unsigned>(slot[0] >> kEntriesShift & 0xFF);
  }
  static void resize(std::uint64_t* slot, unsigned entries) {
    slot[0] = (slot[0] & (kTileMask | kIsWide)) | std::uint64_t{entries} << kEntriesShift;
  }
  static std::uint8_t* places(std::uint64_t* slot) {
    return reinterpret_cast<std::uint8_t*>(slot + 1 + kEntries);
  }
  static const std::uint8_t* places(const std::uint64_t* slot) {
    return reinterpret_cast<const std::uint8_t*>(slot + 1 + kEntries);
  }
  // Behind five values and six bytes for places.
  static std::uint16_t* counts(std::uint64_t* slot) {
    return reinterpret_cast<std::uint16_t*>(slot) + 27;
  }
  static const std::uint16_t* counts(const std::uint64_t* slot) {
    return reinterpret_cast<const std::uint16_t*>(slot) + 27;
  }

  static bool add(std::uint64_t* slot, unsigned at, std::uint64_t value) {
    const unsigned n = size(slot);
    unsigned i = 0;
    while (i < n && places(slot)[i] < at) ++i;
    if (i < n && places(slot)[i] == at) {
      if constexpr (kCounted) {
        if (counts(slot)[i] == 0xFFFF) return false;
        ++counts(slot)[i];
      }
      slot[1 + i] = Body::combine(slot[1 + i], value);
      return true;
    }
    if (n == kEntries) return false;
    for (unsigned j = n; j > i; --j) move(slot, j - 1, j);
    write(slot, i, at, Body::combine(Body::empty(), value), 1);
    resize(slot, n + 1);
    return true;
  }
  static void clear(std::uint64_t* slot, unsigned at) {
    const unsigned n = size(slot);
    unsigned i = 0;
    while (i < n && places(slot)[i] != at) ++i;
    if (i == n) return;
    for (; i + 1 < n; ++i) move(slot, i + 1, i);
    resize(slot, n - 1);
  }
  static void clear_all(std::uint64_t* slot) { resize(slot, 0); }

  template <class Live>
  static bool read(const std::uint64_t* slot, Live live, const WindowSpec& spec,
                   std::uint64_t& out) {
    std::array<std::uint64_t, kEntries> values;
    unsigned n = 0;
    std::uint64_t events = 0;
    for (unsigned i = 0; i < size(slot); ++i) {
      if (!live(places(slot)[i])) continue;
      values[n++] = slot[1 + i];
      events += kCounted ? counts(slot)[i] : 1U;
    }
    return Body::finish(values.data(), n, events, spec, out);
  }
  static void widen(const std::uint64_t* slot, std::uint64_t* body) {
    Body::reset(body);
    for (unsigned i = 0; i < size(slot); ++i) {
      Body::put(body, places(slot)[i], slot[1 + i], kCounted ? counts(slot)[i] : 1U);
    }
  }
  static bool narrow(const std::uint64_t* body, std::uint64_t* slot) {
    unsigned n = 0;
    for (unsigned at = 0; at < kTiles; ++at) {
      const std::uint32_t events = Body::events(body, at);
      if (events > 0x7FFF && kCounted) return false;
      n += events != 0;
    }
    if (n > kEntries / 2) return false;
    n = 0;
    for (unsigned at = 0; at < kTiles; ++at) {
      const std::uint32_t events = Body::events(body, at);
      if (events != 0) write(slot, n++, at, body[at], events);
    }
    resize(slot, n);
    return true;
  }

 private:
  static void write(std::uint64_t* slot, unsigned i, unsigned at, std::uint64_t value,
                    std::uint32_t events) {
    slot[1 + i] = value;
    places(slot)[i] = static_cast<std::uint8_t>(at);
    if constexpr (kCounted) counts(slot)[i] = static_cast<std::uint16_t>(events);
  }
  static void move(std::uint64_t* slot, unsigned from, unsigned to) {
    write(slot, to, places(slot)[from], slot[1 + from], kCounted ? counts(slot)[from] : 1U);
  }
};

}  // namespace weir::decide::window_internal
