// matrix.cholesky: the lower L with L L' = A of a symmetric positive definite matrix.
//
//   Matrix<double> lower(n, n);
//   Cholesky::Output out{.lower = lower.view()};
//   WEIR_TRY(Cholesky::cpu(run, {.a = a}, out));
//
// a [n, n] row-major; lower [n, n] may not overlap it: its diagonal is positive, above it are
// zeros. Class tolerant: max|L L' - A| <= 8 n u max|A|, u = 2^-53. The same bits for any number of
// threads. Errors: invalid_argument for a shape that is not square, for NaN or infinity, with its
// place, and for asymmetry beyond 8 u max|A|, with both elements; failed_precondition
// "not_positive_definite" with the order of the first leading minor that is not.
// Cost: n^3 / 3 flops, no scratch.
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Cholesky {
  static constexpr OpInfo kInfo{.name = "matrix.cholesky",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "lower L with L L' = A, A symmetric positive definite",
                                .tolerance = "max|L L' - A| <= 8 n u max|A|"};

  struct Args {
    MatrixView<double> a;
  };
  struct Output {
    MutableMatrixView<double> lower;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
