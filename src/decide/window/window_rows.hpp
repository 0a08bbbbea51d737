// How one event changes and reads one slot, by kind of window. Each row struct has
//   start(slot, t)                                        makes a new slot's body empty
//   step(slot, include, t, value, out, saturated)         counts the event if included, then reads;
//                                                         returns whether there is a value
// `slot` points at the header word behind the key, the body follows it; null: the key is unknown.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "decide/window/exact_ring.hpp"
#include "decide/window/tile_bodies.hpp"
#include "profile/decay.hpp"

namespace weir::decide::window_internal {

inline constexpr std::int64_t kTicksPerWidth = 256;

template <class Body>
struct TiledRow {
  const WindowSpec& spec;
  std::int64_t grain_us;

  static unsigned place(std::int64_t tile) {
    return static_cast<unsigned>(static_cast<std::uint64_t>(tile) % kTiles);
  }
  void start(std::uint64_t* slot, std::int64_t t) const {
    *slot = static_cast<std::uint64_t>(t / grain_us);
    Body::reset(slot + 1);
  }
  // Empties the `count` tiles up to and including `tile`.
  static void clear_stale(std::uint64_t* body, std::int64_t tile, std::int64_t count) {
    if (count >= kTiles) return Body::reset(body);
    unsigned at = place(tile);
    for (; count > 0; --count) {
      Body::clear(body, at);
      at = at == 0 ? kTiles - 1 : at - 1;
    }
  }
  bool step(std::uint64_t* slot, bool include, std::int64_t t, std::uint64_t value,
            std::uint64_t& out, bool&) const {
    if (slot == nullptr) {
      std::array<std::uint64_t, kTiles + kTiles / 2> empty;
      Body::reset(empty.data());
      return Body::read(empty.data(), AllTiles{}, spec, out);
    }
    const std::int64_t tile = t / grain_us;
    auto last = static_cast<std::int64_t>(*slot);
    if (include) {
      if (tile > last) {
        clear_stale(slot + 1, tile, tile - last);
        *slot = static_cast<std::uint64_t>(tile);
        last = tile;
      }
      if (tile > last - kTiles) Body::add(slot + 1, place(tile), value);
    }
    if (tile <= last) return Body::read(slot + 1, AllTiles{}, spec, out);
    const std::int64_t first_live = tile - kTiles + 1;
    const auto live = [&](unsigned at) {
      // The tile at this place is the latest one, at or before `last`, with that remainder.
      const unsigned back = (place(last) + kTiles - at) % kTiles;
      return last - back >= first_live;
    };
    return Body::read(slot + 1, live, spec, out);
  }
};

template <class V>
struct ExactRow {
  const WindowSpec& spec;

  void start(std::uint64_t* slot, std::int64_t) const { *slot = 0; }
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

// Header: the latest tick. Body: f32 count, f32 sum, both as of that tick.
template <class V>
struct DecayRow {
  const WindowSpec& spec;
  std::int64_t grain_us;

  static float drop_small(float v) {
    return v < profile::kVanish && -v < profile::kVanish ? 0.0F : v;
  }
  void start(std::uint64_t* slot, std::int64_t t) const {
    slot[0] = static_cast<std::uint64_t>(t / grain_us);
    slot[1] = 0;
  }
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
      const std::int64_t tick = t / grain_us;
      const auto last = static_cast<std::int64_t>(slot[0]);
      const std::int64_t now = std::max(tick, last);
      const float factor = profile::decay_factor(static_cast<std::uint64_t>(now - last));
      count = drop_small(load<float>(slot + 1) * factor);
      sum = drop_small(load<float>(reinterpret_cast<const char*>(slot + 1) + 4) * factor);
      if (include) {
        const float weight = profile::decay_factor(static_cast<std::uint64_t>(now - tick));
        count += weight;
        sum += weight * value_of(value);
        slot[0] = static_cast<std::uint64_t>(now);
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

struct SinceRow {
  void start(std::uint64_t* slot, std::int64_t) const { *slot = ~std::uint64_t{0}; }
  bool step(std::uint64_t* slot, bool include, std::int64_t t, std::uint64_t, std::uint64_t& out,
            bool&) const {
    const bool known = slot != nullptr && *slot != ~std::uint64_t{0};
    const std::int64_t last = known ? static_cast<std::int64_t>(*slot) : 0;
    if (known) {
      const std::int64_t gap_us = std::max<std::int64_t>(0, t - last);
      out = to_bits(static_cast<double>(gap_us) / static_cast<double>(kSecond));
    }
    if (include && (!known || t > last)) *slot = static_cast<std::uint64_t>(t);
    return known;
  }
};

// Calls `run` with the slot body of a tiled window.
template <class V, class Run>
void with_tiled_body(const WindowSpec& spec, std::int64_t grain_us, Run run) {
  switch (spec.function) {
    case WindowFunction::kCount:
    case WindowFunction::kRate:
      return run(TiledRow<CountBody>{spec, grain_us});
    case WindowFunction::kSum:
    case WindowFunction::kAvg:
      return run(TiledRow<SumBody<V>>{spec, grain_us});
    case WindowFunction::kMin:
      return run(TiledRow<ExtremeBody<V, 1>>{spec, grain_us});
    case WindowFunction::kMax:
      return run(TiledRow<ExtremeBody<V, -1>>{spec, grain_us});
    default:
      return run(TiledRow<DistinctBody>{spec, grain_us});
  }
}

template <class V, class Run>
void with_row(const WindowSpec& spec, std::int64_t grain_us, Run run) {
  if (spec.function == WindowFunction::kSince) return run(SinceRow{});
  switch (spec.kind) {
    case WindowKind::kTiles:
      return with_tiled_body<V>(spec, grain_us, run);
    case WindowKind::kExact:
      return run(ExactRow<V>{spec});
    case WindowKind::kDecay:
      return run(DecayRow<V>{spec, grain_us});
  }
}

}  // namespace weir::decide::window_internal
