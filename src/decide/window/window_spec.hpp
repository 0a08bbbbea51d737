// WindowSpec: what one window of the rules counts, and what it costs.
//
//   WindowSpec spec{.function = WindowFunction::kSum, .width_us = 7 * kDay, .key_words = 1};
//   spec.bytes_per_key();   // 64
//
// Kinds. `tiles`: 24 tiles of g = W/24; a tile is covered while floor(t_e/g) > floor(t/g) - 24, t
// being the key's latest time: nothing older than W counts, and up to the oldest 1/24 of W may be
// missing. `exact`: a ring of the last 64 (time, value); t_e > t - W counts. `decay`: exponential,
// time constant W, 256 ticks a W.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::decide {

inline constexpr std::int64_t kSecond = 1'000'000;  // microseconds
inline constexpr std::int64_t kHour = 3600 * kSecond;
inline constexpr std::int64_t kDay = 24 * kHour;
inline constexpr std::int64_t kWindowMin = kSecond;
inline constexpr std::int64_t kWindowMax = 400 * kDay;

enum class WindowFunction : std::uint8_t {
  kCount,
  kSum,
  kAvg,
  kMin,
  kMax,
  kDistinct,
  kRate,
  kSince,  // seconds since the key's previous event
};
std::string_view window_function_name(WindowFunction function);  // "count", ...

enum class WindowKind : std::uint8_t { kTiles, kExact, kDecay };
std::string_view window_kind_name(WindowKind kind);

// How the 8 bytes of a window's result are read.
enum class WindowResult : std::uint8_t { kInteger, kReal, kLikeValue };

inline constexpr unsigned kTiles = 24;
inline constexpr unsigned kRing = 64;
inline constexpr unsigned kKeyWordsMax = 4;
inline constexpr std::uint32_t kDistinctCap = 266;  // what a full 64-bit linear counter reads

struct WindowSpec {
  WindowFunction function = WindowFunction::kCount;
  WindowKind kind = WindowKind::kTiles;
  std::int64_t width_us = kHour;
  unsigned key_words = 1;    // 1..4
  bool real_values = false;  // values are f64; otherwise i64 of `scale` decimals
  unsigned scale = 0;        // decimals of an i64 value; avg divides by 10^scale
  std::size_t keys_max = std::size_t{1} << 20;

  bool takes_value() const {
    return function != WindowFunction::kCount && function != WindowFunction::kRate &&
           function != WindowFunction::kSince;
  }
  WindowResult result() const;
  // Bytes of one key's slot, and of a key that has outgrown it: one with more than 6 tiles that are
  // not empty (avg: 5), or a count above 255 in one tile. The directory adds 23 to 46 a key, once
  // for all windows that share it.
  std::size_t bytes_per_key() const;
  std::size_t bytes_per_key_max() const;
  // How long after its last event a key is forgotten, in microseconds of event time.
  std::int64_t idle_us() const;
  // Says in words what the window covers: "between 6d 17h and 7d; up to the oldest 1/24 may be
  // missing".
  std::string coverage() const;
};

// Formats a duration as rules write it: "90s", "5m", "1h", "7d".
std::string duration_text(std::int64_t us);

}  // namespace weir::decide
