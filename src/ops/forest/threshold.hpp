// threshold_f32: a threshold as forests hold it.
//
//   threshold_f32(0.1)   // the f32 below 0.1, so that x <= 0.1 and x <= it agree for every f32 x
#pragma once

#include <cmath>
#include <limits>

namespace weir::ops {

// Returns the largest f32 not above t.
inline float threshold_f32(double t) {
  const auto nearest = static_cast<float>(t);
  return static_cast<double>(nearest) > t
             ? std::nextafter(nearest, -std::numeric_limits<float>::infinity())
             : nearest;
}

}  // namespace weir::ops
