// Gaussian elimination in long double; rcond from the inverse itself.
#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/naive.hpp"
#include "ops/matrix/factor/residual.hpp"
#include "ops/matrix/lu_solve/lu_solve.hpp"

namespace weir::ops {

Status LuSolve::reference(const Args& args, Output& out) {
  namespace naive = factor::naive;
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  const double limit = static_cast<double>(args.a.rows) * factor::kUnit;
  const naive::LongMatrix a = naive::widen(args.a);
  out.rcond = naive::invert(a).rcond;
  if (!(out.rcond >= limit)) return factor::singular("a", out.rcond, limit);
  naive::LongMatrix x = naive::widen(args.b);
  naive::eliminate(a, x);
  naive::round(x, out.x);
  out.backward_error = factor::backward_error(args.a, out.x, args.b);
  return Status::ok();
}

}  // namespace weir::ops
