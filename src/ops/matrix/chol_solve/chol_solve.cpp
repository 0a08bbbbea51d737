#include "ops/matrix/chol_solve/chol_solve.hpp"

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"

namespace weir::ops {

Status CholSolve::check(const Args& args) {
  WEIR_TRY(factor::check_countable("a", args.a));
  WEIR_TRY(factor::check_countable("b", args.b));
  WEIR_TRY(factor::check_square("a", args.a));
  WEIR_TRY(factor::check_rows("b", args.b, "a", args.a));
  WEIR_TRY(factor::check_finite("a", args.a));
  WEIR_TRY(factor::check_symmetric("a", args.a));
  return factor::check_finite("b", args.b);
}

Status CholSolve::check_output(const Args& args, const Output& out) {
  return factor::check_shape("x", out.x, args.b.rows, args.b.cols);
}

Support CholSolve::supports(const Args&, device::Kind kind) {
  return factor::cpu_only(kind);
}

Footprint CholSolve::footprint(const Args& args) {
  const auto n = static_cast<double>(args.a.rows);
  const auto sides = static_cast<double>(args.b.cols);
  return {.rows = args.a.rows,
          .bytes_in = (args.a.size() + args.b.size()) * sizeof(double),
          .bytes_out = args.b.size() * sizeof(double),
          .flops = n * n * (n / 3 + sides * 8),
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
