// LU with partial pivoting of a row-major matrix on several threads, and what is done with it.
//
//   factor::Lu lu(n);
//   factor::copy(a, lu.factors());                    // [n, n]
//   const std::size_t zero_pivot = lu.factor(run);    // 0: there is none
//   lu.solve(run, x);                                 // [n, m], b before and x after
//
// The rows of a row-major matrix are the columns of its transpose, which LAPACK sees: it exchanges
// our columns, and a = (U' L') P' with U' lower (in the lower triangle), L' unit upper. Growth and
// backward error are those of partial pivoting. Work is cut by n alone, so that the bits do not
// depend on the threads. Only the cpu forms of the factorizations use this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

void copy(MatrixView<double> from, MutableMatrixView<double> to);
// The largest sum of magnitudes of a column, of a row; 0 without elements.
double norm_one(MatrixView<double> a);
double norm_infinity(MatrixView<double> a);

struct Lu {
  explicit Lu(std::size_t order)
      : n(order),
        stride(order % 16 == 8 ? order : order / 16 * 16 + 24),
        rows(n, stride),
        pivots(n) {}

  MutableMatrixView<double> factors() { return rows.view().block(0, 0, n, n); }
  MatrixView<double> factors() const { return rows.view().block(0, 0, n, n); }

  // Factors `factors()` in place. Returns 0, or k from 1 if pivot k is exactly zero. (2/3) n^3
  // flops. Stops halfway if the run is cancelled.
  std::size_t factor(CpuRun& run);
  // Returns an estimate of 1 / (norm_one(a) norm_one(inverse of a)), given norm_one(a); it is
  // seldom above three times the true value and never below it by more than rounding.
  double rcond(double norm) const;
  // Replaces x [n, m] by the solution of a x = x. 2 n^2 m flops.
  void solve(CpuRun& run, MutableMatrixView<double> x) const;
  // Writes the inverse [n, n] of a. (4/3) n^3 flops.
  void invert(CpuRun& run, MutableMatrixView<double> inverse) const;

  std::size_t n;
  std::size_t stride;                // an odd number of cache lines, lest rows meet in one set
  Matrix<double> rows;               // [n, stride]
  std::vector<std::int32_t> pivots;  // from 1, as LAPACK counts
};

}  // namespace weir::ops::factor
