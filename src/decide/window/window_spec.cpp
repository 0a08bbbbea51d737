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

std::size_t WindowSpec::slot_words() const {
  const std::size_t header = key_words + 1;  // the key, and its latest time or tile
  if (function == WindowFunction::kSince) return header;
  if (kind == WindowKind::kExact) return header + 2 * kRing;
  if (kind == WindowKind::kDecay) return header + 1;
  switch (function) {
    case WindowFunction::kCount:
    case WindowFunction::kRate:
      return header + kTiles / 2;
    case WindowFunction::kSum:
    case WindowFunction::kAvg:
      return header + kTiles + kTiles / 2;
    default:
      return header + kTiles;
  }
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
