// The sign rule of eigenvectors and singular vectors: the entry of largest magnitude, the one of
// lowest index among equals, is positive.
//
//   if (factor::largest_is_negative(v, n, 1)) ...   // then the vector is to be negated
#pragma once

#include <cmath>
#include <cstddef>

#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

// `n` entries, `step` elements apart.
inline bool largest_is_negative(const double* vector, std::size_t n, std::size_t step) {
  double largest = 0;
  bool negative = false;
  for (std::size_t i = 0; i < n; ++i) {
    const double value = vector[i * step];
    if (std::abs(value) <= largest) continue;
    largest = std::abs(value);
    negative = value < 0;
  }
  return negative;
}

inline void negate(double* vector, std::size_t n, std::size_t step) {
  for (std::size_t i = 0; i < n; ++i) vector[i * step] = -vector[i * step];
}

// Applies the rule to the rows of vt [k, n], and with them to the columns of u [m, k].
inline void orient_rows(MutableMatrixView<double> vt, MutableMatrixView<double> u) {
  for (std::size_t i = 0; i < vt.rows; ++i) {
    if (!largest_is_negative(vt.data + i * vt.stride, vt.cols, 1)) continue;
    negate(vt.data + i * vt.stride, vt.cols, 1);
    negate(u.data + i, u.rows, u.stride);
  }
}

}  // namespace weir::ops::factor
