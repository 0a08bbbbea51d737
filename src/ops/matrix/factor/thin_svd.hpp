// The thin SVD of a row-major matrix, of any size, on several threads.
//
//   WEIR_TRY(factor::thin_svd(run, a, u, values, vt));   // u [m, k], vt [k, n]; or both empty
//
// A matrix at least half as long again one way as the other is first reduced to a triangle by
// Householder reflections on all threads; LAPACK's divide and conquer (dgesdd) takes the rest. It
// sees the transpose of a row-major matrix, whose U is our V and the other way round, so that
// nothing is turned. Signs by the rule of orient.hpp, on the rows of vt. Only the cpu forms of the
// factorizations use this.
#pragma once

#include <span>

#include "base/status.hpp"
#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

// internal (not_converged) if LAPACK gives up; cancelled. The same bits for every number of
// threads.
Status thin_svd(CpuRun& run, MatrixView<double> a, MutableMatrixView<double> u,
                std::span<double> values, MutableMatrixView<double> vt);

}  // namespace weir::ops::factor
