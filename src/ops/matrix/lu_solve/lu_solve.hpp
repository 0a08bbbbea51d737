// matrix.lu_solve: the solution of A X = B by LU with partial pivoting.
//
//   Matrix<double> x(n, 1);
//   LuSolve::Output out{.x = x.view()};
//   WEIR_TRY(LuSolve::cpu(run, {.a = a, .b = b}, out));
//   // out.rcond near u = 2^-53 says that x may have no right digit
//
// a [n, n] and b [n, m] row-major, x [n, m], which may not overlap them. One step of refinement,
// which more than 8 columns take only if their error is above n u, u = 2^-53; backward_error is
// then measured: the largest over the columns of
//   max|b - a x| / (norm_inf(a) max|x| + max|b|)
// Class tolerant: backward_error <= 16 n u. `rcond` estimates 1 / (norm_1(a) norm_1(inverse)); of
// n = 0 it is 1. The same bits for every number of threads.
// Errors: invalid_argument for shapes that do not fit and for NaN or infinity, with its place;
// failed_precondition "singular" for a zero pivot or rcond < n u, with rcond, and "inaccurate" if
// the backward error stays above its bound.
// Cost: (2/3) n^3 + 4 n^2 m flops, 8 n^2 m if refined; scratch of a and b.
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct LuSolve {
  static constexpr OpInfo kInfo{.name = "matrix.lu_solve",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "solution of A X = B, with rcond and backward error",
                                .tolerance = "backward error <= 16 n u"};

  struct Args {
    MatrixView<double> a;
    MatrixView<double> b;
  };
  struct Output {
    MutableMatrixView<double> x;
    double rcond = 0;
    double backward_error = 0;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
