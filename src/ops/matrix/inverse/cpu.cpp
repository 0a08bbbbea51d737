// Block LU on OpenBLAS' kernels; the inverse of the transpose, as LAPACK sees it, is the transpose
// of the inverse, so that nothing is turned. rcond needs no estimate: both norms are known.
#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/inverse/inverse.hpp"

namespace weir::ops {

Status Inverse::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t n = args.a.rows;
  const double limit = static_cast<double>(n) * factor::kUnit;
  factor::Lu lu(n);
  factor::copy(args.a, lu.factors());
  out.rcond = 0;
  const std::size_t zero_pivot = lu.factor(run);
  WEIR_TRY(factor::check_cancelled(run, kInfo.name));
  if (zero_pivot != 0) return factor::singular("a", 0, limit);
  lu.invert(run, out.inverse);
  out.rcond = n == 0 ? 1 : 1 / (factor::norm_one(args.a) * factor::norm_one(out.inverse));
  if (!(out.rcond >= limit)) return factor::singular("a", out.rcond, limit);
  return Status::ok();
}

}  // namespace weir::ops
