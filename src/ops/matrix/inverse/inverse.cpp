#include "ops/matrix/inverse/inverse.hpp"

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"

namespace weir::ops {

Status Inverse::check(const Args& args) {
  WEIR_TRY(factor::check_countable("a", args.a));
  WEIR_TRY(factor::check_square("a", args.a));
  return factor::check_finite("a", args.a);
}

Status Inverse::check_output(const Args& args, const Output& out) {
  return factor::check_shape("inverse", out.inverse, args.a.rows, args.a.cols);
}

Support Inverse::supports(const Args&, device::Kind kind) {
  return factor::cpu_only(kind);
}

Footprint Inverse::footprint(const Args& args) {
  const auto n = static_cast<double>(args.a.rows);
  return {.rows = args.a.rows,
          .bytes_in = args.a.size() * sizeof(double),
          .bytes_out = args.a.size() * sizeof(double),
          .flops = 2 * n * n * n,
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
