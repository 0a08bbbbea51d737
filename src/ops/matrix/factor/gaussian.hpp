// Matrices of independent standard normal numbers that a seed determines, on every machine alike.
//
//   Matrix<double> w(n, 10);
//   factor::fill_gaussian(w.view(), seed, 0);
//
// Row r comes from the stream `stream` + r of Philox by Box and Muller's transform (1958) with the
// elementary functions of base/numeric.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/numeric/elementary.hpp"
#include "base/numeric/trigonometry.hpp"
#include "base/rng.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

inline void fill_gaussian(MutableMatrixView<double> to, std::uint64_t seed, std::uint64_t stream) {
  for (std::size_t r = 0; r < to.rows; ++r) {
    Philox rng(seed, stream + r);
    for (std::size_t c = 0; c < to.cols; c += 2) {
      const double radius = std::sqrt(-2 * numeric::ln(1 - rng.next_unit()));
      const double turns = rng.next_unit();
      to(r, c) = radius * numeric::cos_pi(2 * turns);
      if (c + 1 < to.cols) to(r, c + 1) = radius * numeric::sin_pi(2 * turns);
    }
  }
}

}  // namespace weir::ops::factor
