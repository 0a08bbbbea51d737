// The detectors there are: one line each in registry.cpp. The order is the order of detector
// numbers.
//
//   for (const DetectorEntry& entry : detector_registry()) ...
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "detect/detector.hpp"

namespace weir::detect {

struct FitOptions;

struct DetectorEntry {
  std::string_view name;
  // Fits on reference rows [rows, 32 features] that are finite. Same rows and options, same model.
  Result<std::unique_ptr<Detector>> (*fit)(const ops::ColumnsView& reference,
                                           const FitOptions& options);
  // Reads what save_model() wrote; refuses anything else.
  Result<std::unique_ptr<Detector>> (*load)(ByteReader& in);
};

std::span<const DetectorEntry> detector_registry();
const DetectorEntry* find_detector(std::string_view name);

}  // namespace weir::detect
