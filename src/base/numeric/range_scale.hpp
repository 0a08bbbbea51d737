// range_scale: the power of two that brings values to where their squares, products and sums stay
// within the range of doubles. Multiplying by it changes no digit.
//
//   const double scale = numeric::range_scale(largest);   // of the magnitudes
//   ... x * scale ...; result / scale
#pragma once

#include <algorithm>
#include <cmath>

namespace weir::numeric {

// Returns the power of two that takes `largest` >= 0 to between 2^-74 and 2^24: its reciprocal is
// a normal number too. 1 if `largest` is 0, infinite or NaN.
inline double range_scale(double largest) {
  if (!(largest > 0) || !std::isfinite(largest)) return 1;
  return std::ldexp(1.0, -std::clamp(std::ilogb(largest), -1000, 1000));
}

}  // namespace weir::numeric
