// Products of a long matrix with a narrow one on several threads, for the factorizations.
//
//   factor::multiply(run, a, b, to);               // to = a b, by blocks of rows of a
//   factor::multiply_transposed(run, a, b, to);    // to = a' b
//
// Work is cut by the shapes alone and parts are added in order, so that the bits do not depend on
// the threads. `to` overlaps neither factor.
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

// a [m, k], b [k, n], to [m, n].
void multiply(CpuRun& run, MatrixView<double> a, MatrixView<double> b,
              MutableMatrixView<double> to);

// a [m, n], b [m, k], to [n, k]. Takes scratch of at most 16 times `to` where m is much larger.
void multiply_transposed(CpuRun& run, MatrixView<double> a, MatrixView<double> b,
                         MutableMatrixView<double> to);

}  // namespace weir::ops::factor
