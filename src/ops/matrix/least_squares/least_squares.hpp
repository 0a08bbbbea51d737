// matrix.least_squares: the x of least norm among those that make norm_2(b - A x) least.
//
//   Matrix<double> x(n, p);
//   LeastSquares::Output out{.x = x.view()};
//   WEIR_TRY(LeastSquares::cpu(run, {.a = a, .b = b}, out));
//   out.rank                                             // of A, as far as `tolerance` tells
//
// a [m, n] of any shape and rank, b [m, p], x [n, p], row-major; x may not overlap them. QR with
// column pivoting; the rank is the largest whose leading triangle has a condition below
// 1 / tolerance (0: max(m, n) 2^-52). `residuals` [p], if it has elements, gets norm_2(b - A x) of
// each column. Columns are not scaled: scale them where they differ by orders of magnitude.
// Class tolerant: for full rank norm_2(A'(b - A x)) <= 32 max(m, n) u norm_F(A) (norm_F(A)
// norm_2(x) + norm_2(b)), u = 2^-53. The same bits for every number of threads. No rows or no
// columns: x is zero, rank 0. Errors: invalid_argument for shapes that do not fit, a tolerance
// outside [0, 1), and NaN or infinity, with its place.
// Cost: 2 m (n + p)^2 flops for tall ones, 4 n^2 m for wide ones; scratch of a and b.
#pragma once

#include <cstddef>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct LeastSquares {
  static constexpr OpInfo kInfo{
      .name = "matrix.least_squares",
      .version = 1,
      .numeric = NumericClass::kTolerant,
      .quantum_rows = 1,
      .summary = "least squares by QR with column pivoting, rank reported",
      .tolerance = "32 max(m, n) u norm_F(A) (norm_F(A) norm(x) + norm(b)) of A'(b - A x)"};

  struct Args {
    MatrixView<double> a;
    MatrixView<double> b;
    double tolerance = 0;
  };
  struct Output {
    MutableMatrixView<double> x;
    std::span<double> residuals = {};
    std::size_t rank = 0;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  // What `tolerance` 0 stands for.
  static double tolerance_of(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
