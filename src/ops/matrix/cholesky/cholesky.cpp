#include "ops/matrix/cholesky/cholesky.hpp"

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"

namespace weir::ops {

Status Cholesky::check(const Args& args) {
  WEIR_TRY(factor::check_countable("a", args.a));
  WEIR_TRY(factor::check_square("a", args.a));
  WEIR_TRY(factor::check_finite("a", args.a));
  return factor::check_symmetric("a", args.a);
}

Status Cholesky::check_output(const Args& args, const Output& out) {
  return factor::check_shape("lower", out.lower, args.a.rows, args.a.cols);
}

Support Cholesky::supports(const Args&, device::Kind kind) {
  return factor::cpu_only(kind);
}

Footprint Cholesky::footprint(const Args& args) {
  const auto n = static_cast<double>(args.a.rows);
  return {.rows = args.a.rows,
          .bytes_in = args.a.size() * sizeof(double),
          .bytes_out = args.a.size() * sizeof(double),
          .flops = n * n * n / 3,
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
