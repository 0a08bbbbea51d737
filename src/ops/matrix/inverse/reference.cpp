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
  const std::size_t n = args.a.rows;
  const double limit = static_cast<double>(n) * factor::kUnit;
  const naive::LongMatrix a = naive::widen(args.a);
  naive::LongMatrix inverse = naive::identity(n);
  out.rcond = 0;
  if (!naive::eliminate(a, inverse)) return factor::singular("a", 0, limit);
  out.rcond = n == 0 ? 1 : static_cast<double>(1 / (naive::norm_one(a) * naive::norm_one(inverse)));
  if (!(out.rcond >= limit)) return factor::singular("a", out.rcond, limit);
  naive::round(inverse, out.inverse);
  return Status::ok();
}

}  // namespace weir::ops
