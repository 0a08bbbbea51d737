// matrix.qr: the thin QR factorization A = Q R by Householder reflections.
//
//   Matrix<double> q(m, k), r(k, n);                       // k = min(m, n)
//   Qr::Output out{.q = q.view(), .r = r.view()};
//   WEIR_TRY(Qr::cpu(run, {.a = a}, out));
//
// a [m, n] row-major; q [m, k] with orthonormal columns, r [k, n] upper triangular with a diagonal
// >= 0; they may not overlap a. With `q` left without elements r alone is made, in half the time.
// Class tolerant: max|Q'Q - 1| <= 10 max(m, n) u and max|Q R - A| <= 10 max(m, n) u norm_F(A),
// u = 2^-53. The same bits for every number of threads. Empty dimensions give empty or zero
// results. Errors: invalid_argument for shapes that do not fit and for NaN or infinity, with its
// place. Cost: 4 m n^2 flops (6 for tall ones), 2 m n^2 for r alone; scratch of two a.
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Qr {
  static constexpr OpInfo kInfo{.name = "matrix.qr",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "thin QR by Householder reflections, diagonal of R >= 0",
                                .tolerance = "max|Q'Q - 1| <= 10 max(m, n) u; Q R - A likewise"};

  struct Args {
    MatrixView<double> a;
  };
  struct Output {
    MutableMatrixView<double> q;  // no elements: not wanted
    MutableMatrixView<double> r;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
