// matrix.chol_solve: the solution of A X = B by Cholesky, A symmetric positive definite.
//
//   Matrix<double> x(n, 1);
//   CholSolve::Output out{.x = x.view()};
//   WEIR_TRY(CholSolve::cpu(run, {.a = a, .b = b}, out));
//
// a [n, n] and b [n, m] row-major, x [n, m], which may not overlap them. Half the work of lu_solve.
// Refinement and backward_error as there, <= 16 n u, u = 2^-53. `rcond` estimates
// 1 / (norm_1(a) norm_1(inverse)); of n = 0 it is 1. Class tolerant; the same bits for every number
// of threads.
// Errors: invalid_argument for shapes that do not fit, for NaN or infinity, with its place, and for
// asymmetry beyond 8 u max|a|; failed_precondition "not_positive_definite" with the order of the
// first leading minor that is not, "singular" for rcond < n u, and "inaccurate" if the backward
// error stays above its bound.
// Cost: n^3 / 3 + 4 n^2 m flops, 8 n^2 m if refined; scratch of a and b.
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct CholSolve {
  static constexpr OpInfo kInfo{.name = "matrix.chol_solve",
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
