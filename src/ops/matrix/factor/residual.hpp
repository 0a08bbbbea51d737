// How well a x = b is met: residuals in double for refinement and in long double for measuring.
//
//   factor::residual(run, a, x, b, r);                        // r = b - a x
//   const double eta = factor::backward_error(a, x, b);       // slow, for references and tests
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

// Writes r = b - a x by the rows; r overlaps none of the others. All [n, m], a [k, n].
void residual(CpuRun& run, MatrixView<double> a, MatrixView<double> x, MatrixView<double> b,
              MutableMatrixView<double> r);

// Returns the largest over the columns of max|r| / (norm_inf(a) max|x| + max|b|), 0 where r = 0;
// infinity if something is not finite.
double backward_error_of(MatrixView<double> r, double norm_infinity, MatrixView<double> x,
                         MatrixView<double> b);

// The same with the residual computed in long double by three loops.
double backward_error(MatrixView<double> a, MatrixView<double> x, MatrixView<double> b);

// So few right-hand sides are refined whatever their error: it costs little beside the factors.
inline constexpr std::size_t kSidesAlwaysRefined = 8;

// One step of refinement, and the measured backward error. More than kSidesAlwaysRefined sides,
// where a step costs as much as their solution twice over, take it only if their error is above
// `enough`. `solve(r)` replaces r [n, m] by the solution of a r = r; x holds the first solution
// before and the better one after.
template <class Solve>
double refine(CpuRun& run, MatrixView<double> a, MatrixView<double> b, double norm_infinity,
              double enough, MutableMatrixView<double> x, Solve&& solve) {
  Matrix<double> r(x.rows, x.cols);
  residual(run, a, x, b, r.view());
  if (x.cols > kSidesAlwaysRefined) {
    const double error = backward_error_of(r.view(), norm_infinity, x, b);
    if (error <= enough) return error;
  }
  solve(r.view());
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.cols; ++j) x(i, j) += r(i, j);
  }
  residual(run, a, x, b, r.view());
  return backward_error_of(r.view(), norm_infinity, x, b);
}

}  // namespace weir::ops::factor
