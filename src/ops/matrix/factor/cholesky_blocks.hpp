// Cholesky of a row-major matrix on several threads, and what is done with the factor.
//
//   const std::size_t minor = factor::cholesky(run, a);   // a: lower triangle read and replaced
//   if (minor == 0) factor::cholesky_solve(run, a, x);    // x [n, m]: b before, solution after
//
// Row-major lower is column-major upper, which LAPACK factors as it lies. Work is cut by n alone,
// so that the bits do not depend on the threads. Only the cpu forms of the factorizations use this.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.hpp"
#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

// Factors the lower triangle in place; the upper one is neither read nor written. Returns 0, or the
// order of the first leading minor that is not positive definite. n^3 / 3 flops. Stops halfway if
// the run is cancelled.
std::size_t cholesky(CpuRun& run, MutableMatrixView<double> a);

// Returns an estimate of 1 / (norm_1(a) norm_1(inverse of a)) from the factor and norm_1(a).
double cholesky_rcond(MatrixView<double> lower, double norm);

// Replaces x [n, m] by the solution of l l' x = x. 2 n^2 m flops.
void cholesky_solve(CpuRun& run, MatrixView<double> lower, MutableMatrixView<double> x);

// failed_precondition (not_positive_definite) that names the leading minor.
Status not_positive_definite(std::string_view name, std::size_t minor);

}  // namespace weir::ops::factor
