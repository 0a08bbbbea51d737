// Tall systems are first reduced, on all threads and in one read, to the triangle of [A b]: its
// left part has A's singular values and its top rows b's share. Pivoting then works on n x n.
#include <cblas.h>

#include <algorithm>
#include <vector>

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/householder.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/residual.hpp"
#include "ops/matrix/lapack.hpp"
#include "ops/matrix/least_squares/least_squares.hpp"

namespace weir::ops {
namespace {

using lapack::Int;

// Solves by column pivoting. Returns the rank.
std::size_t solve_pivoted(MatrixView<double> a, MatrixView<double> b, double tolerance,
                          MutableMatrixView<double> x) {
  const std::size_t height = std::max(a.rows, a.cols);
  Matrix<double> columns(a.cols, a.rows), sides(b.cols, height);
  factor::transpose(a, columns.view());
  factor::transpose(b, sides.view().block(0, 0, b.cols, b.rows));
  const auto m = static_cast<Int>(a.rows), n = static_cast<Int>(a.cols);
  const auto p = static_cast<Int>(b.cols), b_stride = static_cast<Int>(height);
  std::vector<Int> pivots(a.cols);
  Int rank = 0, info = 0, work_size = -1;
  double wanted = 0;
  lapack::dgelsy_(&m, &n, &p, columns.data(), &m, sides.data(), &b_stride, pivots.data(),
                  &tolerance, &rank, &wanted, &work_size, &info);
  work_size = static_cast<Int>(wanted);
  std::vector<double> work(static_cast<std::size_t>(work_size));
  lapack::dgelsy_(&m, &n, &p, columns.data(), &m, sides.data(), &b_stride, pivots.data(),
                  &tolerance, &rank, work.data(), &work_size, &info);
  factor::transpose(std::as_const(sides).view().block(0, 0, b.cols, a.cols), x);
  return static_cast<std::size_t>(rank);
}

void write_residuals(CpuRun& run, const LeastSquares::Args& args, LeastSquares::Output& out) {
  Matrix<double> r(args.b.rows, args.b.cols);
  factor::residual(run, args.a, out.x, args.b, r.view());
  for (std::size_t c = 0; c < out.residuals.size(); ++c)
    out.residuals[c] =
        cblas_dnrm2(static_cast<int>(r.rows()), r.data() + c, static_cast<int>(r.cols()));
}

}  // namespace

Status LeastSquares::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t n = args.a.cols, sides = args.b.cols;
  out.rank = 0;
  for (std::size_t r = 0; r < n; ++r) std::fill_n(out.x.data + r * out.x.stride, sides, 0.0);
  if (!args.a.empty() && args.a.rows > n + sides) {
    Matrix<double> joined(args.a.rows, n + sides), triangle(n + sides, n + sides);
    factor::copy(args.a, joined.view().block(0, 0, args.a.rows, n));
    factor::copy(args.b, joined.view().block(0, n, args.a.rows, sides));
    factor::householder_qr(run, joined.view(), triangle.view(), {});
    WEIR_TRY(factor::check_cancelled(run, kInfo.name));
    const MatrixView<double> r = triangle.view();
    out.rank =
        solve_pivoted(r.block(0, 0, n, n), r.block(0, n, n, sides), tolerance_of(args), out.x);
  } else if (!args.a.empty()) {
    WEIR_TRY(factor::check_cancelled(run, kInfo.name));
    out.rank = solve_pivoted(args.a, args.b, tolerance_of(args), out.x);
  }
  if (!out.residuals.empty()) write_residuals(run, args, out);
  return Status::ok();
}

}  // namespace weir::ops
