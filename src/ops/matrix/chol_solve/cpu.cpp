#include "base/result.hpp"
#include "ops/matrix/chol_solve/chol_solve.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/cholesky_blocks.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/residual.hpp"

namespace weir::ops {

Status CholSolve::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t n = args.a.rows;
  const double unit = static_cast<double>(n) * factor::kUnit;
  Matrix<double> lower(n, n);
  factor::copy(args.a, lower.view());
  out.rcond = 0;
  const std::size_t minor = factor::cholesky(run, lower.view());
  WEIR_TRY(factor::check_cancelled(run, kInfo.name));
  if (minor != 0) return factor::not_positive_definite("a", minor);
  const double norm = factor::norm_infinity(args.a);  // of rows as of columns
  out.rcond = factor::cholesky_rcond(lower.view(), norm);
  if (!(out.rcond >= unit)) return factor::singular("a", out.rcond, unit);
  factor::copy(args.b, out.x);
  factor::cholesky_solve(run, lower.view(), out.x);
  out.backward_error = factor::refine(
      run, args.a, args.b, norm, unit, out.x,
      [&](MutableMatrixView<double> r) { factor::cholesky_solve(run, lower.view(), r); });
  return factor::check_backward_error(out.backward_error, 16 * unit);
}

}  // namespace weir::ops
