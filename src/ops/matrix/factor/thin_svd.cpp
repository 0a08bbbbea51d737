#include "ops/matrix/factor/thin_svd.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/down_scale.hpp"
#include "ops/matrix/factor/householder.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/orient.hpp"
#include "ops/matrix/factor/products.hpp"
#include "ops/matrix/lapack.hpp"

namespace weir::ops::factor {
namespace {

using lapack::Int;

// dgesdd on the transpose of `a`; u [m, k] and vt [k, n], or both without elements.
Status decompose(MatrixView<double> a, MutableMatrixView<double> u, std::span<double> values,
                 MutableMatrixView<double> vt) {
  Matrix<double> work_copy(a.rows, a.cols);
  copy(a, work_copy.view());
  const auto m = static_cast<Int>(a.cols), n = static_cast<Int>(a.rows);
  const auto u_stride = static_cast<Int>(std::max<std::size_t>(u.stride, 1));
  const auto vt_stride = static_cast<Int>(std::max<std::size_t>(vt.stride, 1));
  const char* const job = u.empty() ? "N" : "S";
  std::vector<Int> whole(8 * std::min(a.rows, a.cols));
  Int info = 0, work_size = -1;
  double wanted = 0;
  lapack::dgesdd_(job, &m, &n, work_copy.data(), &m, values.data(), vt.data, &vt_stride, u.data,
                  &u_stride, &wanted, &work_size, whole.data(), &info, 1);
  work_size = static_cast<Int>(wanted);
  std::vector<double> work(static_cast<std::size_t>(work_size));
  lapack::dgesdd_(job, &m, &n, work_copy.data(), &m, values.data(), vt.data, &vt_stride, u.data,
                  &u_stride, work.data(), &work_size, whole.data(), &info, 1);
  if (info == 0) return Status::ok();
  return internal_error("not_converged", "the singular values of a " + shape_text(a.rows, a.cols) +
                                             " did not converge (LAPACK " + std::to_string(info) +
                                             ")");
}

// u diag(values) vt without the sign rule.
Status unsigned_svd(CpuRun& run, MatrixView<double> a, MutableMatrixView<double> u,
                    std::span<double> values, MutableMatrixView<double> vt) {
  const bool vectors = !u.empty();
  const std::size_t k = std::min(a.rows, a.cols);
  if (2 * a.cols >= 3 * a.rows && a.cols > a.rows) {  // a' = v diag(values) u'
    Matrix<double> turned(a.cols, a.rows), v, ut;
    transpose(a, turned.view());
    if (vectors) {
      v = Matrix<double>(a.cols, k);
      ut = Matrix<double>(k, a.rows);
    }
    WEIR_TRY(unsigned_svd(run, turned.view(), v.view(), values, ut.view()));
    if (!vectors) return Status::ok();
    transpose(v.view(), vt);
    transpose(ut.view(), u);
    return Status::ok();
  }
  if (2 * a.rows < 3 * a.cols || a.rows == a.cols) return decompose(a, u, values, vt);
  Matrix<double> q(vectors ? a.rows : 0, k), r(k, k), small(vectors ? k : 0, k);
  householder_qr(run, a, r.view(), q.view());
  WEIR_TRY(check_cancelled(run, "the svd"));
  WEIR_TRY(decompose(r.view(), small.view(), values, vt));
  if (vectors) multiply(run, q.view(), small.view(), u);
  return Status::ok();
}

}  // namespace

Status thin_svd(CpuRun& run, MatrixView<double> a, MutableMatrixView<double> u,
                std::span<double> values, MutableMatrixView<double> vt) {
  if (a.empty()) return Status::ok();
  WEIR_TRY(check_cancelled(run, "the svd"));
  if (const double by = down_scale(a); by != 1) {
    const Matrix<double> small = scaled(a, by);
    WEIR_TRY(unsigned_svd(run, small.view(), u, values, vt));
    for (double& value : values) value /= by;
  } else {
    WEIR_TRY(unsigned_svd(run, a, u, values, vt));
  }
  if (!u.empty()) orient_rows(vt, u);
  return Status::ok();
}

}  // namespace weir::ops::factor
