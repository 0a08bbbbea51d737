// Block LU on OpenBLAS' kernels, then one step of refinement in working precision, which is enough
// for a small backward error (Skeel 1980; Higham, Accuracy and Stability, chapter 12).
#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/residual.hpp"
#include "ops/matrix/lu_solve/lu_solve.hpp"

namespace weir::ops {

Status LuSolve::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t n = args.a.rows;
  const double unit = static_cast<double>(n) * factor::kUnit;
  factor::Lu lu(n);
  factor::copy(args.a, lu.factors());
  out.rcond = 0;
  const std::size_t zero_pivot = lu.factor(run);
  WEIR_TRY(factor::check_cancelled(run, kInfo.name));
  if (zero_pivot != 0) return factor::singular("a", 0, unit);
  out.rcond = lu.rcond(factor::norm_one(args.a));
  if (!(out.rcond >= unit)) return factor::singular("a", out.rcond, unit);
  factor::copy(args.b, out.x);
  lu.solve(run, out.x);
  out.backward_error =
      factor::refine(run, args.a, args.b, factor::norm_infinity(args.a), unit, out.x,
                     [&](MutableMatrixView<double> r) { lu.solve(run, r); });
  return factor::check_backward_error(out.backward_error, 16 * unit);
}

}  // namespace weir::ops
