// Block LU on OpenBLAS' kernels; the inverse of the transpose, as LAPACK sees it, is the transpose
// of the inverse, so that nothing is turned. rcond needs no estimate: both norms are known.
#include <algorithm>
#include <cmath>

#include "base/numeric/range_scale.hpp"
#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/inverse/inverse.hpp"

namespace weir::ops {
namespace {

// 1 unless sums or reciprocals of the elements could leave the range of doubles.
double scale_of(MatrixView<double> a) {
  double largest = 0;
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (const double value : a.row(r)) largest = std::max(largest, std::abs(value));
  }
  return largest >= 0x1p-900 && largest <= 0x1p900 ? 1 : numeric::range_scale(largest);
}

void multiply(MutableMatrixView<double> a, double scale) {
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (double& value : a.row(r)) value *= scale;
  }
}

}  // namespace

Status Inverse::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t n = args.a.rows;
  const double limit = static_cast<double>(n) * factor::kUnit;
  factor::Lu lu(n);
  factor::copy(args.a, lu.factors());
  const double scale = scale_of(args.a);
  if (scale != 1) multiply(lu.factors(), scale);
  const double norm = factor::norm_one(lu.factors());
  out.rcond = 0;
  const std::size_t zero_pivot = lu.factor(run);
  WEIR_TRY(factor::check_cancelled(run, kInfo.name));
  if (zero_pivot != 0) return factor::singular("a", 0, limit);
  lu.invert(run, out.inverse);
  out.rcond = n == 0 ? 1 : 1 / (norm * factor::norm_one(out.inverse));
  if (!(out.rcond >= limit)) return factor::singular("a", out.rcond, limit);
  if (scale == 1) return Status::ok();
  multiply(out.inverse, scale);
  return check_held(out);
}

}  // namespace weir::ops
