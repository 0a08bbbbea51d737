// The textbook's Cholesky in long double, then elimination; rcond from the inverse itself.
#include "base/result.hpp"
#include "ops/matrix/chol_solve/chol_solve.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/cholesky_blocks.hpp"
#include "ops/matrix/factor/naive.hpp"
#include "ops/matrix/factor/residual.hpp"

namespace weir::ops {

Status CholSolve::reference(const Args& args, Output& out) {
  namespace naive = factor::naive;
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  const std::size_t n = args.a.rows;
  const double limit = static_cast<double>(n) * factor::kUnit;
  const naive::LongMatrix a = naive::widen(args.a);
  out.rcond = 0;
  naive::LongMatrix lower(n, n);
  const std::size_t minor = naive::cholesky(a, lower);
  if (minor != 0) return factor::not_positive_definite("a", minor);
  const auto solve = [&](naive::LongMatrix x) {
    naive::eliminate(lower, x);
    naive::eliminate(naive::transpose(lower), x);
    return x;
  };
  const naive::LongMatrix inverse = solve(naive::identity(n));
  out.rcond = n == 0 ? 1 : static_cast<double>(1 / (naive::norm_one(a) * naive::norm_one(inverse)));
  if (!(out.rcond >= limit)) return factor::singular("a", out.rcond, limit);
  naive::round(solve(naive::widen(args.b)), out.x);
  out.backward_error = factor::backward_error(args.a, out.x, args.b);
  return Status::ok();
}

}  // namespace weir::ops
