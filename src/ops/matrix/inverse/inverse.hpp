// matrix.inverse: the inverse of a square matrix by LU with partial pivoting.
//
//   Matrix<double> inverse(n, n);
//   Inverse::Output out{.inverse = inverse.view()};
//   WEIR_TRY(Inverse::cpu(run, {.a = a}, out));
//
// a [n, n] row-major, inverse [n, n], which may not overlap it. To solve equations use lu_solve: it
// is faster and more accurate. Class tolerant: max|a inverse - 1| and max|inverse a - 1| <=
// 16 n u norm_1(a) norm_1(inverse), u = 2^-53. `rcond` = 1 / (norm_1(a) norm_1(inverse)). n = 0 has
// rcond 1. The same bits for every number of threads.
// Errors: invalid_argument for a shape that is not square and for NaN or infinity, with its place;
// failed_precondition "singular" for a zero pivot or rcond < n u, with rcond; out_of_range
// "too_small" for a regular matrix whose inverse no double can hold. A matrix near the ends of the
// range is inverted times a power of two, which changes no digit.
// Cost: 2 n^3 flops, scratch of a.
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Inverse {
  static constexpr OpInfo kInfo{.name = "matrix.inverse",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "inverse of a square matrix, with rcond",
                                .tolerance = "16 n u norm_1(A) norm_1(inverse) of A inverse = 1"};

  struct Args {
    MatrixView<double> a;
  };
  struct Output {
    MutableMatrixView<double> inverse;
    double rcond = 0;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Status check_held(const Output& out);  // out_of_range for an inverse that is not finite
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
