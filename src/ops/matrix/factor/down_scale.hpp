// Entries so large that their squares overflow, brought into range.
//
//   if (const double by = factor::down_scale(a); by != 1) ... the factors of scaled(a, by) ...
//
// By a power of two, which rounds nothing: the singular values of what is scaled are those of `a`
// times the power, and the vectors are the same.
#pragma once

#include <cmath>

#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

// Returns a power of two that brings the largest entry below 2^400; 1 if all are. Reads `a` once.
inline double down_scale(MatrixView<double> a) {
  constexpr int kExponentMax = 400;
  double most = 0;
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) most = std::fmax(most, std::fabs(a(r, c)));
  }
  if (!(most >= std::ldexp(1.0, kExponentMax))) return 1;
  return std::ldexp(1.0, kExponentMax - 1 - std::ilogb(most));
}

// Returns `a` times `by`. Allocates.
inline Matrix<double> scaled(MatrixView<double> a, double by) {
  Matrix<double> out(a.rows, a.cols);
  const MutableMatrixView<double> to = out.view();
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) to(r, c) = a(r, c) * by;
  }
  return out;
}

}  // namespace weir::ops::factor
