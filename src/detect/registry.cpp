#include "detect/registry.hpp"

#include <array>

#include "detect/forest.hpp"

namespace weir::detect {
namespace {

// Append only: a detector's number is stored with every verdict.
constexpr std::array<DetectorEntry, 1> kDetectors{{
    {"forest", fit_forest, load_forest},
}};

}  // namespace

std::span<const DetectorEntry> detector_registry() {
  return kDetectors;
}

const DetectorEntry* find_detector(std::string_view name) {
  for (const DetectorEntry& entry : kDetectors) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace weir::detect
