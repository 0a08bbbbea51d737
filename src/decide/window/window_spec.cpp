#include "decide/window/window_spec.hpp"

namespace weir::decide {

std::string_view window_function_name(WindowFunction function) {
  static constexpr std::string_view kNames[] = {"count", "sum",      "avg",  "min",
                                                "max",   "distinct", "rate", "since"};
  return kNames[static_cast<unsigned>(function)];
}

std::string_view window_kind_name(WindowKind kind) {
  static constexpr std::string_view kNames[] = {"tiles", "exact", "decay"};
  return kNames[static_cast<unsigned>(kind)];
}

WindowResult WindowSpec::result() const {
  switch (function) {
    case WindowFunction::kCount:
      return kind == WindowKind::kDecay ? WindowResult::kReal : WindowResult::kInteger;
    case WindowFunction::kDistinct:
      return WindowResult::kInteger;
    case WindowFunction::kAvg:
    case WindowFunction::kRate:
    case WindowFunction::kSince:
      return WindowResult::kReal;
    case WindowFunction::kSum:
      return kind == WindowKind::kDecay ? WindowResult::kReal : WindowResult::kLikeValue;
    case WindowFunction::kMin:
    case WindowFunction::kMax:
      return WindowResult::kLikeValue;
  }
  return WindowResult::kInteger;
}

std::size_t WindowSpec::bytes_per_key() const {
  if (function == WindowFunction::kSince) return 8;
  if (kind == WindowKind::kExact) return 8 + std::size_t{kRing} * 16;
  if (kind == WindowKind::kDecay) return 16;
  const bool counts = function == WindowFunction::kCount || function == WindowFunction::kRate;
  return counts ? 32 : 64;
}

std::size_t WindowSpec::bytes_per_key_max() const {
  if (function == WindowFunction::kSince || kind != WindowKind::kTiles) return bytes_per_key();
  switch (function) {
    case WindowFunction::kCount:
    case WindowFunction::kRate:
      return bytes_per_key() + std::size_t{kTiles} * 4;
    case WindowFunction::kSum:
    case WindowFunction::kAvg:
      return bytes_per_key() + std::size_t{kTiles} * 12;
    default:
      return bytes_per_key() + std::size_t{kTiles} * 8;
  }
}

std::int64_t WindowSpec::idle_us() const {
  constexpr std::int64_t kDecayIdleWidths = 16;  // a value of up to 8 has dropped to zero by then
  if (function == WindowFunction::kSince) return kWindowMax;
  return kind == WindowKind::kDecay ? kDecayIdleWidths * width_us : width_us;
}

std::string duration_text(std::int64_t us) {
  struct Unit {
    std::int64_t us;
    const char* suffix;
  };
  static constexpr Unit kUnits[] = {
      {kDay, "d"}, {kHour, "h"}, {60 * kSecond, "m"}, {kSecond, "s"}, {1000, "ms"}};
  if (us == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (us % unit.us == 0) return std::to_string(us / unit.us) + unit.suffix;
  }
  return std::to_string(us) + "us";
}

std::string WindowSpec::coverage() const {
  if (function == WindowFunction::kSince) return "the key's previous event";
  const std::string width = duration_text(width_us);
  switch (kind) {
    case WindowKind::kTiles:
      return "the last " + width + " in 24 tiles; the oldest " + duration_text(width_us / kTiles) +
             " may be missing";
    case WindowKind::kExact:
      return "exactly the last " + width + ", at most the last 64 events";
    case WindowKind::kDecay:
      return "decaying with time constant " + width;
  }
  return width;
}

}  // namespace weir::decide
