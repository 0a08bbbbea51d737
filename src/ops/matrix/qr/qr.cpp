#include "ops/matrix/qr/qr.hpp"

#include <algorithm>

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"

namespace weir::ops {

Status Qr::check(const Args& args) {
  WEIR_TRY(factor::check_countable("a", args.a));
  return factor::check_finite("a", args.a);
}

Status Qr::check_output(const Args& args, const Output& out) {
  const std::size_t k = std::min(args.a.rows, args.a.cols);
  if (!out.q.empty()) WEIR_TRY(factor::check_shape("q", out.q, args.a.rows, k));
  return factor::check_shape("r", out.r, k, args.a.cols);
}

Support Qr::supports(const Args&, device::Kind kind) {
  return factor::cpu_only(kind);
}

Footprint Qr::footprint(const Args& args) {
  const std::size_t k = std::min(args.a.rows, args.a.cols);
  return {.rows = args.a.rows,
          .bytes_in = args.a.size() * sizeof(double),
          .bytes_out = (args.a.rows + args.a.cols) * k * sizeof(double),
          .flops = 4 * static_cast<double>(args.a.size()) * static_cast<double>(k),
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
