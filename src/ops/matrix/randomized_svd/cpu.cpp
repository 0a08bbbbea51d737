// Every step is a product of the long matrix with a narrow one, or the QR of a narrow one. The
// probes of the error bound ride along with the first product.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/down_scale.hpp"
#include "ops/matrix/factor/gaussian.hpp"
#include "ops/matrix/factor/householder.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/orient.hpp"
#include "ops/matrix/factor/products.hpp"
#include "ops/matrix/factor/thin_svd.hpp"
#include "ops/matrix/randomized_svd/randomized_svd.hpp"

namespace weir::ops {
namespace {

// a - 1 shift' as an operator.
struct Shifted {
  MatrixView<double> a;
  std::span<const double> shift;

  // to = (a - 1 shift') b = a b - 1 (shift' b)
  void times(CpuRun& run, MatrixView<double> b, MutableMatrixView<double> to) const {
    factor::multiply(run, a, b, to);
    if (shift.empty()) return;
    std::vector<double> product(b.cols);
    for (std::size_t r = 0; r < b.rows; ++r) {
      for (std::size_t c = 0; c < b.cols; ++c) product[c] += shift[r] * b(r, c);
    }
    for (std::size_t r = 0; r < to.rows; ++r) {
      for (std::size_t c = 0; c < to.cols; ++c) to(r, c) -= product[c];
    }
  }

  // to = (a - 1 shift')' b = a' b - shift (1' b)
  void transposed_times(CpuRun& run, MatrixView<double> b, MutableMatrixView<double> to) const {
    factor::multiply_transposed(run, a, b, to);
    if (shift.empty()) return;
    std::vector<double> sums(b.cols);
    for (std::size_t r = 0; r < b.rows; ++r) {
      for (std::size_t c = 0; c < b.cols; ++c) sums[c] += b(r, c);
    }
    for (std::size_t r = 0; r < to.rows; ++r) {
      for (std::size_t c = 0; c < to.cols; ++c) to(r, c) -= shift[r] * sums[c];
    }
  }
};

// q = the orthonormal factor of y.
void orthonormalise(CpuRun& run, MatrixView<double> y, MutableMatrixView<double> q) {
  Matrix<double> r(y.cols, y.cols);
  factor::householder_qr(run, y, r.view(), q);
}

// The largest norm of a column of w - q q'w; w is overwritten.
double largest_outside(CpuRun& run, MatrixView<double> q, MutableMatrixView<double> w) {
  Matrix<double> inside(q.cols, w.cols), back(w.rows, w.cols);
  factor::multiply_transposed(run, q, w, inside.view());
  factor::multiply(run, q, inside.view(), back.view());
  std::vector<double> squares(w.cols);
  const double scale = std::max(factor::norm_infinity(w), 0x1p-1000);
  for (std::size_t r = 0; r < w.rows; ++r) {
    for (std::size_t c = 0; c < w.cols; ++c) {
      const double outside = (w(r, c) - back(r, c)) / scale;
      squares[c] += outside * outside;
    }
  }
  return scale * std::sqrt(*std::max_element(squares.begin(), squares.end()));
}

// The decomposition of what was scaled by `by`, scaled back.
Status run_scaled(CpuRun& run, const RandomizedSvd::Args& args, double by,
                  RandomizedSvd::Output& out) {
  const Matrix<double> a = factor::scaled(args.a, by);
  std::vector<double> shift(args.shift.begin(), args.shift.end());
  for (double& one : shift) one *= by;
  RandomizedSvd::Args small = args;
  small.a = a.view();
  small.shift = shift;
  WEIR_TRY(RandomizedSvd::cpu(run, small, out));
  for (double& value : out.values) value /= by;
  out.error_bound /= by;
  return Status::ok();
}

}  // namespace

Status RandomizedSvd::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  out.error_bound = 0;
  if (args.a.empty()) return Status::ok();
  if (const double by = factor::down_scale(args.a); by != 1) return run_scaled(run, args, by, out);
  const std::size_t m = args.a.rows, n = args.a.cols, width = block_of(args);
  const std::size_t k = rank_of(args);
  const Shifted a{args.a, args.shift};
  Matrix<double> y(m, width + kProbes), q(m, width), z(n, width), p(n, width);
  {
    Matrix<double> block(n, width + kProbes);
    factor::fill_gaussian(block.view().block(0, 0, n, width), args.seed, 0);
    factor::fill_gaussian(block.view().block(0, width, n, kProbes), args.seed, n);
    a.times(run, block.view(), y.view());
  }
  const MutableMatrixView<double> product = y.view().block(0, 0, m, width);
  orthonormalise(run, product, q.view());
  for (std::size_t i = 0; i < args.power; ++i) {
    WEIR_TRY(factor::check_cancelled(run, kInfo.name));
    a.transposed_times(run, q.view(), z.view());
    orthonormalise(run, z.view(), p.view());
    a.times(run, p.view(), product);
    orthonormalise(run, product, q.view());
  }
  a.transposed_times(run, q.view(), z.view());  // z' = q'a = v diag(values) u_z', of z's own svd
  Matrix<double> vt(width, width);
  std::vector<double> values(width);
  WEIR_TRY(factor::thin_svd(run, z.view(), p.view(), values, vt.view()));
  Matrix<double> v(width, width);
  factor::transpose(vt.view(), v.view());
  factor::multiply(run, q.view(), v.view().block(0, 0, width, k), out.u);
  factor::transpose(p.view().block(0, 0, n, k), out.vt);
  std::copy_n(values.begin(), k, out.values.begin());
  factor::orient_rows(out.vt, out.u);
  out.error_bound = bound_of(largest_outside(run, q.view(), y.view().block(0, width, m, kProbes)));
  return Status::ok();
}

}  // namespace weir::ops
