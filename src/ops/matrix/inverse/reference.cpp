// Gaussian elimination of the unit matrix in long double.
#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/naive.hpp"
#include "ops/matrix/inverse/inverse.hpp"

namespace weir::ops {

Status Inverse::reference(const Args& args, Output& out) {
  namespace naive = factor::naive;
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  const double limit = static_cast<double>(args.a.rows) * factor::kUnit;
  const naive::Inverted inverted = naive::invert(naive::widen(args.a));
  out.rcond = inverted.rcond;
  if (!(out.rcond >= limit)) return factor::singular("a", out.rcond, limit);
  naive::round(inverted.inverse, out.inverse);
  return check_held(out);
}

}  // namespace weir::ops
