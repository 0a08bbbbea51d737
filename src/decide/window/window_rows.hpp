// How one event changes and reads one slot, by kind of window. Each row struct has
//   kWords                                                words of a slot; all zero: nothing yet
//   step(slot, include, t, value, out, saturated)         counts the event if included, then reads;
//                                                         returns whether there is a value
//   forget(slot)                                          the slot as if no event had come
// and those whose keys may outgrow their slot (tiles) also
//   body(slot)                                            the words elsewhere, or null
// `slot` null: the key is unknown.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/constant_divisor.hpp"
#include "decide/window/exact_ring.hpp"
#include "decide/window/narrow_tiles.hpp"
#include "decide/window/slot_pool.hpp"
#include "decide/window/tile_bodies.hpp"
#include "profile/decay.hpp"

namespace weir::decide::window_internal {

inline constexpr std::int64_t kTicksPerWidth = 256;

template <class Narrow, class Body>
struct TiledRow {
  static constexpr unsigned kWords = Narrow::kWords;
  static constexpr unsigned kBodyWords = Body::kWords;
  const WindowSpec& spec;
  const ConstantDivisor& grain;
  SlotPool& pool;

  static unsigned place(std::int64_t tile) {
    return static_cast<unsigned>(static_cast<std::uint64_t>(tile) % kTiles);
  }
  std::uint64_t* body(std::uint64_t* slot) const {
    return is_wide(slot) ? pool.at(static_cast<std::uint32_t>(slot[1])) : nullptr;
  }
  void forget(std::uint64_t* slot) const {
    if (is_wide(slot)) pool.give(static_cast<std::uint32_t>(slot[1]));
    std::fill_n(slot, kWords, 0U);
  }
  // Moves the tiles of a slot into a body of their own.
  void widen(std::uint64_t* slot) const {
    const std::uint32_t number = pool.take();
    Narrow::widen(slot, pool.at(number));
    const std::uint64_t tile = slot[0] & kTileMask;
    std::fill_n(slot, kWords, 0U);
    slot[0] = tile | kIsWide;
    slot[1] = number;
  }
  // Moves them back when they fit well.
  void narrow(std::uint64_t* slot) const {
    const auto number = static_cast<std::uint32_t>(slot[1]);
    const std::uint64_t tile = slot[0] & kTileMask;
    std::array<std::uint64_t, kWords> packed{};
    if (!Narrow::narrow(pool.at(number), packed.data())) return;
    std::copy(packed.begin(), packed.end(), slot);
    slot[0] |= tile;
    pool.give(number);
  }
  // Empties the `count` tiles up to and including `tile`.
  template <class Form>
  static void clear_stale(std::uint64_t* tiles, std::int64_t tile, std::int64_t count) {
    unsigned at = place(tile);
    for (; count > 0; --count) {
      Form::clear(tiles, at);
      at = at == 0 ? kTiles - 1 : at - 1;
    }
  }
  void advance(std::uint64_t* slot, std::int64_t tile, std::int64_t count) const {
    if (count >= kTiles) {
      forget(slot);
    } else if (is_wide(slot)) {
      clear_stale<Body>(body(slot), tile, count);
      narrow(slot);
    } else {
      clear_stale<Narrow>(slot, tile, count);
    }
    set_latest_tile(slot, tile);
  }
  void count(std::uint64_t* slot, std::int64_t tile, std::uint64_t value) const {
    const std::int64_t last = latest_tile(slot);
    if (last < 0) {
      set_latest_tile(slot, tile);
    } else if (tile > last) {
      advance(slot, tile, tile - last);
    } else if (tile <= last - kTiles) {
      return;
    }
    if (!is_wide(slot)) {
      if (Narrow::add(slot, place(tile), value)) return;
      widen(slot);
    }
    Body::add(body(slot), place(tile), value);
  }
  template <class Live>
  bool read(std::uint64_t* slot, Live live, std::uint64_t& out) const {
    if (is_wide(slot)) return Body::read(body(slot), live, spec, out);
    return Narrow::read(slot, live, spec, out);
  }
  bool step(std::uint64_t* slot, bool include, std::int64_t t, std::uint64_t value,
            std::uint64_t& out, bool&) const {
    constexpr std::array<std::uint64_t, kWords> kNothing{};
    if (slot == nullptr) return Narrow::read(kNothing.data(), AllTiles{}, spec, out);
    const std::int64_t tile = grain.divide(t);
    if (include) count(slot, tile, value);
    const std::int64_t last = latest_tile(slot);
    if (tile <= last || last < 0) return read(slot, AllTiles{}, out);
    const std::int64_t first_live = tile - kTiles + 1;
    const auto live = [&](unsigned at) {
      // The tile at this place is the latest one, at or before `last`, with that remainder.
      const unsigned back = (place(last) + kTiles - at) % kTiles;
      return last - back >= first_live;
    };
    return read(slot, live, out);
  }
};

template <class V>
struct ExactRow {
  static constexpr unsigned kWords = 1 + 2 * kRing;
  const WindowSpec& spec;

  // Only the state: what the ring holds beyond its size is never read.
  static void forget(std::uint64_t* slot) { *slot = 0; }
  bool step(std::uint64_t* slot, bool include, std::int64_t t, std::uint64_t value,
            std::uint64_t& out, bool& saturated) const {
    std::uint64_t no_state = 0;
    if (slot == nullptr) return read_ring<V>(ExactRing(&no_state, nullptr), 0, spec, out);
    ExactRing ring(slot, slot + 1);
    if (include) ring.add(t, value, spec.width_us);
    saturated = ring.saturated();
    const std::int64_t now = ring.size() != 0 ? std::max(t, ring.newest()) : t;
    return read_ring<V>(ring, ring.first_inside(now, spec.width_us), spec, out);
  }
};

// Word 0: the latest tick + 1. Word 1: f32 count, f32 sum, both as of that tick.
template <class V>
struct DecayRow {
  static constexpr unsigned kWords = 2;
  const WindowSpec& spec;
  const ConstantDivisor& grain;

  static float drop_small(float v) {
    return v < profile::kVanish && -v < profile::kVanish ? 0.0F : v;
  }
  static void forget(std::uint64_t* slot) { slot[0] = slot[1] = 0; }
  float value_of(std::uint64_t bits) const {
    if constexpr (std::is_same_v<V, double>) {
      return static_cast<float>(from_bits<double>(bits));
    } else {
      return static_cast<float>(static_cast<double>(from_bits<std::int64_t>(bits)) /
                                power_of_ten(spec.scale));
    }
  }
  bool step(std::uint64_t* slot, bool include, std::int64_t t, std::uint64_t value,
            std::uint64_t& out, bool&) const {
    float count = 0;
    float sum = 0;
    if (slot != nullptr) {
      const std::int64_t tick = grain.divide(t);
      const std::int64_t last = slot[0] == 0 ? tick : static_cast<std::int64_t>(slot[0]) - 1;
      const std::int64_t now = std::max(tick, last);
      const float factor = profile::decay_factor(static_cast<std::uint64_t>(now - last));
      count = drop_small(load<float>(slot + 1) * factor);
      sum = drop_small(load<float>(reinterpret_cast<const char*>(slot + 1) + 4) * factor);
      if (include) {
        const float weight = profile::decay_factor(static_cast<std::uint64_t>(now - tick));
        count += weight;
        sum += weight * value_of(value);
        slot[0] = static_cast<std::uint64_t>(now) + 1;
        store(slot + 1, count);
        store(reinterpret_cast<char*>(slot + 1) + 4, sum);
      }
    }
    return finish(count, sum, out);
  }
  bool finish(float count, float sum, std::uint64_t& out) const {
    switch (spec.function) {
      case WindowFunction::kCount:
        out = to_bits(static_cast<double>(count));
        return true;
      case WindowFunction::kRate:
        out = to_bits(static_cast<double>(count) * static_cast<double>(kHour) /
                      static_cast<double>(spec.width_us));
        return true;
      case WindowFunction::kAvg:
        if (count > 0) out = to_bits(static_cast<double>(sum) / static_cast<double>(count));
        return count > 0;
      default:
        out = to_bits(static_cast<double>(sum));
        return count > 0;
    }
  }
};

// The time of the latest event + 1.
struct SinceRow {
  static constexpr unsigned kWords = 1;

  static void forget(std::uint64_t* slot) { *slot = 0; }
  static bool step(std::uint64_t* slot, bool include, std::int64_t t, std::uint64_t,
                   std::uint64_t& out, bool&) {
    if (slot == nullptr) return false;
    const bool known = *slot != 0;
    const std::int64_t last = static_cast<std::int64_t>(*slot) - 1;
    if (known) {
      const std::int64_t gap_us = std::max<std::int64_t>(0, t - last);
      out = to_bits(static_cast<double>(gap_us) / static_cast<double>(kSecond));
    }
    if (include && (!known || t > last)) *slot = static_cast<std::uint64_t>(t) + 1;
    return known;
  }
};

template <class Body>
using EntriesRow = TiledRow<NarrowEntries<Body, false>, Body>;

// Calls `run` with the row struct of a tiled window.
template <class V, class Run>
void with_tiled_row(const WindowSpec& spec, const ConstantDivisor& grain, SlotPool& pool, Run run) {
  switch (spec.function) {
    case WindowFunction::kCount:
    case WindowFunction::kRate:
      return run(TiledRow<NarrowCounts, CountBody>{spec, grain, pool});
    case WindowFunction::kSum:
      return run(EntriesRow<SumBody<V>>{spec, grain, pool});
    case WindowFunction::kAvg:
      return run(TiledRow<NarrowEntries<SumBody<V>, true>, SumBody<V>>{spec, grain, pool});
    case WindowFunction::kMin:
      return run(EntriesRow<ExtremeBody<V, 1>>{spec, grain, pool});
    case WindowFunction::kMax:
      return run(EntriesRow<ExtremeBody<V, -1>>{spec, grain, pool});
    default:
      return run(EntriesRow<DistinctBody>{spec, grain, pool});
  }
}

// Calls `run` with the row struct of any window.
template <class Run>
void with_row(const WindowSpec& spec, const ConstantDivisor& grain, SlotPool& pool, Run run) {
  if (spec.function == WindowFunction::kSince) return run(SinceRow{});
  const auto of_type = [&]<class V>(V) {
    switch (spec.kind) {
      case WindowKind::kTiles:
        return with_tiled_row<V>(spec, grain, pool, run);
      case WindowKind::kExact:
        return run(ExactRow<V>{spec});
      case WindowKind::kDecay:
        return run(DecayRow<V>{spec, grain});
    }
  };
  spec.real_values ? of_type(double{}) : of_type(std::int64_t{});
}

}  // namespace weir::decide::window_internal
