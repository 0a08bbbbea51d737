#include "ops/matrix/inverse/inverse.hpp"

#include <cmath>

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

Status Inverse::check_held(const Output& out) {
  for (std::size_t r = 0; r < out.inverse.rows; ++r) {
    for (const double value : out.inverse.row(r)) {
      if (std::isfinite(value)) continue;
      return out_of_range("too_small", "the inverse of a has elements beyond the range of doubles")
          .at("a")
          .hint("multiply a by a power of two, and its inverse by the same");
    }
  }
  return Status::ok();
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
