// Thin QR of a row-major matrix by Householder reflections, on several threads.
//
//   Matrix<double> r(k, n), q(m, k);                     // k = min(m, n)
//   factor::householder_qr(run, a, r.view(), q.view());   // a = q r, diagonal of r >= 0
//   factor::householder_qr(run, a, r.view(), {});         // r alone: half the work
//
// Tall matrices are cut into blocks of rows that fit the cache; each is factored by itself and the
// stacked factors again (TSQR: Demmel, Grigori, Hoemmen, Langou 2012), as stable as one pass of
// reflections and read from memory once. Others go by panels whose reflections the threads apply to
// blocks of columns. Work is cut by the shape alone, so that the bits do not depend on the threads.
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

// Writes `r` [k, n] (zeros below its diagonal) and, unless it has no elements, `q` [m, k]. They may
// not overlap `a`. 4 m n^2 flops with q (TSQR 6), 2 m n^2 without; scratch of a. Stops halfway if
// the run is cancelled.
void householder_qr(CpuRun& run, MatrixView<double> a, MutableMatrixView<double> r,
                    MutableMatrixView<double> q);

// to = from' by tiles; to is [from.cols, from.rows].
void transpose(MatrixView<double> from, MutableMatrixView<double> to);

}  // namespace weir::ops::factor
