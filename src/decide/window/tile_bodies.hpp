// The body of a key with all 24 tiles, one struct a function. Each has
//   kWords                        words of a body
//   reset(body)                   all tiles empty
//   clear(body, at)               tile `at` empty
//   add(body, at, value)          one event
//   read(body, live, spec, out)   the function over the tiles with live(at); false: null
// and, but for counts, what the narrow form of a few tiles (narrow_tiles.hpp) is made of:
//   empty(), combine(tile, value)         bits of a tile without an event, and with one more
//   events(body, at), put(body, at, ...)  how many events a tile has, or whether; a tile whole
//   finish(tiles, n, events, spec, out)   the function over n tiles that are not empty
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "base/bytes.hpp"
#include "decide/window/window_spec.hpp"

namespace weir::decide::window_internal {

struct AllTiles {
  constexpr bool operator()(unsigned) const { return true; }
};

inline std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<std::int64_t>::min()
               : std::numeric_limits<std::int64_t>::max();
}

template <class V>
V from_bits(std::uint64_t bits) {
  return load<V>(&bits);
}
template <class V>
std::uint64_t to_bits(V value) {
  return load<std::uint64_t>(&value);
}
template <class V>
V add_values(V a, V b) {
  if constexpr (std::is_same_v<V, double>) {
    return a + b;
  } else {
    return saturating_add(a, b);
  }
}

// Returns 10^scale as f64; exact up to 10^22.
inline double power_of_ten(unsigned scale) {
  double power = 1;
  for (unsigned i = 0; i < scale; ++i) power *= 10;
  return power;
}

// Estimate of a 64-bit linear counter: -64 ln(z/64), z = max(zero bits, 1), rounded to nearest.
// (Whang, Vander-Zanden, Taylor, 1990.)
inline constexpr std::array<std::uint16_t, 65> kDistinctOfBits = {
    0,   1,   2,   3,   4,   5,   6,   7,   9,   10,  11,  12,  13,  15, 16, 17, 18,
    20,  21,  23,  24,  25,  27,  28,  30,  32,  33,  35,  37,  39,  40, 42, 44, 46,
    48,  51,  53,  55,  58,  60,  63,  65,  68,  71,  74,  78,  81,  85, 89, 93, 97,
    102, 107, 113, 119, 126, 133, 142, 151, 163, 177, 196, 222, 266, 266};

struct CountBody {
  static constexpr unsigned kWords = kTiles / 2;
  static void reset(std::uint64_t* body) { std::memset(body, 0, kTiles * 4); }
  static std::uint32_t* tiles(std::uint64_t* body) {
    return reinterpret_cast<std::uint32_t*>(body);
  }
  static const std::uint32_t* tiles(const std::uint64_t* body) {
    return reinterpret_cast<const std::uint32_t*>(body);
  }
  static void clear(std::uint64_t* body, unsigned at) { tiles(body)[at] = 0; }
  static void add(std::uint64_t* body, unsigned at, std::uint64_t) {
    std::uint32_t& tile = tiles(body)[at];
    tile += tile != 0xFFFFFFFFU;
  }
  template <class Live>
  static std::uint64_t count(const std::uint64_t* body, Live live) {
    std::uint64_t sum = 0;
    for (unsigned at = 0; at < kTiles; ++at) sum += live(at) ? tiles(body)[at] : 0U;
    return sum;
  }
  template <class Live>
  static bool read(const std::uint64_t* body, Live live, const WindowSpec& spec,
                   std::uint64_t& out) {
    return finish(count(body, live), spec, out);
  }
  static bool finish(std::uint64_t sum, const WindowSpec& spec, std::uint64_t& out) {
    out = sum;
    if (spec.function == WindowFunction::kRate) {
      out = to_bits(static_cast<double>(sum) * static_cast<double>(kHour) /
                    static_cast<double>(spec.width_us));
    }
    return true;
  }
};

// Sum and count a tile: sum, avg.
template <class V>
struct SumBody {
  static constexpr unsigned kWords = kTiles + CountBody::kWords;
  static std::uint64_t empty() { return 0; }
  static std::uint64_t combine(std::uint64_t tile, std::uint64_t value) {
    return to_bits(add_values(from_bits<V>(tile), from_bits<V>(value)));
  }
  static std::uint32_t events(const std::uint64_t* body, unsigned at) {
    return CountBody::tiles(body + kTiles)[at];
  }
  static void put(std::uint64_t* body, unsigned at, std::uint64_t tile, std::uint32_t events) {
    body[at] = tile;
    CountBody::tiles(body + kTiles)[at] = events;
  }
  static void reset(std::uint64_t* body) { std::memset(body, 0, kTiles * 12); }
  static void clear(std::uint64_t* body, unsigned at) {
    body[at] = 0;
    CountBody::clear(body + kTiles, at);
  }
  static void add(std::uint64_t* body, unsigned at, std::uint64_t value) {
    body[at] = combine(body[at], value);
    CountBody::add(body + kTiles, at, 0);
  }
  template <class Live>
  static V total(const std::uint64_t* body, Live live) {
    if constexpr (std::is_same_v<V, double>) {
      double sum = 0;
      for (unsigned at = 0; at < kTiles; ++at) sum += live(at) ? from_bits<double>(body[at]) : 0.0;
      return sum;
    } else {
      // Halves, so that the loop vectorises and the sum of 24 saturated tiles still fits.
      std::int64_t high = 0;
      std::uint64_t low = 0;
      for (unsigned at = 0; at < kTiles; ++at) {
        const std::uint64_t tile = live(at) ? body[at] : 0;
        high += static_cast<std::int64_t>(tile) >> 32;
        low += tile & 0xFFFFFFFFU;
      }
      high += static_cast<std::int64_t>(low >> 32);
      if (high > std::numeric_limits<std::int32_t>::max()) {
        return std::numeric_limits<std::int64_t>::max();
      }
      if (high < std::numeric_limits<std::int32_t>::min()) {
        return std::numeric_limits<std::int64_t>::min();
      }
      return high * (std::int64_t{1} << 32) + static_cast<std::int64_t>(low & 0xFFFFFFFFU);
    }
  }
  template <class Live>
  static bool read(const std::uint64_t* body, Live live, const WindowSpec& spec,
                   std::uint64_t& out) {
    const std::uint64_t count = CountBody::count(body + kTiles, live);
    return count != 0 && finish(total(body, live), count, spec, out);
  }
  static bool finish(const std::uint64_t* tiles, unsigned n, std::uint64_t count,
                     const WindowSpec& spec, std::uint64_t& out) {
    if (n == 0) return false;
    if constexpr (std::is_same_v<V, double>) {
      double sum = 0;
      for (unsigned i = 0; i < n; ++i) sum += from_bits<double>(tiles[i]);
      return finish(sum, count, spec, out);
    } else {
      __int128 sum = 0;
      for (unsigned i = 0; i < n; ++i) sum += static_cast<std::int64_t>(tiles[i]);
      using Limits = std::numeric_limits<std::int64_t>;
      if (sum > Limits::max()) sum = Limits::max();
      if (sum < Limits::min()) sum = Limits::min();
      return finish(static_cast<std::int64_t>(sum), count, spec, out);
    }
  }
  static bool finish(V sum, std::uint64_t count, const WindowSpec& spec, std::uint64_t& out) {
    out = to_bits(sum);
    if (spec.function == WindowFunction::kAvg) {
      out = to_bits(static_cast<double>(sum) /
                    (static_cast<double>(count) * power_of_ten(spec.scale)));
    }
    return true;
  }
};

// Min (kSign 1) or max (kSign -1). An empty tile holds the value that never wins.
template <class V, int kSign>
struct ExtremeBody {
  static constexpr unsigned kWords = kTiles;
  static std::uint64_t empty() { return to_bits(none()); }
  static std::uint64_t combine(std::uint64_t tile, std::uint64_t value) {
    return to_bits(better(from_bits<V>(tile), from_bits<V>(value)));
  }
  static std::uint32_t events(const std::uint64_t* body, unsigned at) {
    return body[at] != empty() ? 1 : 0;
  }
  static void put(std::uint64_t* body, unsigned at, std::uint64_t tile, std::uint32_t) {
    body[at] = tile;
  }
  static bool finish(const std::uint64_t* tiles, unsigned n, std::uint64_t, const WindowSpec&,
                     std::uint64_t& out) {
    V best = none();
    for (unsigned i = 0; i < n; ++i) best = better(best, from_bits<V>(tiles[i]));
    out = to_bits(best);
    return best != none();
  }
  static V none() {
    if constexpr (std::is_same_v<V, double>) {
      return kSign * std::numeric_limits<double>::infinity();
    } else {
      return kSign > 0 ? std::numeric_limits<V>::max() : std::numeric_limits<V>::min();
    }
  }
  static V better(V a, V b) { return (kSign > 0 ? b < a : b > a) ? b : a; }
  static void reset(std::uint64_t* body) {
    for (unsigned at = 0; at < kTiles; ++at) body[at] = empty();
  }
  static void clear(std::uint64_t* body, unsigned at) { body[at] = empty(); }
  static void add(std::uint64_t* body, unsigned at, std::uint64_t value) {
    body[at] = combine(body[at], value);
  }
  template <class Live>
  static bool read(const std::uint64_t* body, Live live, const WindowSpec&, std::uint64_t& out) {
    V best = none();
    for (unsigned at = 0; at < kTiles; ++at) {
      best = better(best, live(at) ? from_bits<V>(body[at]) : none());
    }
    out = to_bits(best);
    return best != none();
  }
};

struct DistinctBody {
  static constexpr unsigned kWords = kTiles;
  static std::uint64_t empty() { return 0; }
  static std::uint64_t combine(std::uint64_t tile, std::uint64_t value) {
    std::uint64_t h = value * 0x9E3779B97F4A7C15U;
    h = (h ^ h >> 32) * 0xD6E8FEB86659FD93U;
    return tile | std::uint64_t{1} << (h >> 58);
  }
  static std::uint32_t events(const std::uint64_t* body, unsigned at) {
    return static_cast<std::uint32_t>(__builtin_popcountll(body[at]));
  }
  static void put(std::uint64_t* body, unsigned at, std::uint64_t tile, std::uint32_t) {
    body[at] = tile;
  }
  static bool finish(const std::uint64_t* tiles, unsigned n, std::uint64_t, const WindowSpec&,
                     std::uint64_t& out) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < n; ++i) bits |= tiles[i];
    out = kDistinctOfBits[static_cast<unsigned>(__builtin_popcountll(bits))];
    return true;
  }
  static void reset(std::uint64_t* body) { std::memset(body, 0, kTiles * 8); }
  static void clear(std::uint64_t* body, unsigned at) { body[at] = 0; }
  static void add(std::uint64_t* body, unsigned at, std::uint64_t value) {
    body[at] = combine(body[at], value);
  }
  template <class Live>
  static bool read(const std::uint64_t* body, Live live, const WindowSpec&, std::uint64_t& out) {
    std::uint64_t bits = 0;
    for (unsigned at = 0; at < kTiles; ++at) bits |= live(at) ? body[at] : 0U;
    out = kDistinctOfBits[static_cast<unsigned>(__builtin_popcountll(bits))];
    return true;
  }
};

}  // namespace weir::decide::window_internal
