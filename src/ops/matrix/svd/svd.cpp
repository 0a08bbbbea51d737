#include "ops/matrix/svd/svd.hpp"

#include <algorithm>
#include <string>

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"

namespace weir::ops {

Status Svd::check(const Args& args) {
  WEIR_TRY(factor::check_countable("a", args.a));
  if (std::min(args.a.rows, args.a.cols) > kSmallerSideMax)
    return invalid_argument("unsupported_shape", "a is " +
                                                     factor::shape_text(args.a.rows, args.a.cols) +
                                                     ", svd takes a smaller side up to " +
                                                     std::to_string(kSmallerSideMax))
        .at("a")
        .hint("use randomized_svd for the leading values and vectors");
  return factor::check_finite("a", args.a);
}

Status Svd::check_output(const Args& args, const Output& out) {
  const std::size_t k = std::min(args.a.rows, args.a.cols);
  WEIR_TRY(factor::check_length("values", out.values.size(), k));
  if (out.u.empty() && out.vt.empty()) return Status::ok();
  WEIR_TRY(factor::check_shape("u", out.u, args.a.rows, k));
  return factor::check_shape("vt", out.vt, k, args.a.cols);
}

Support Svd::supports(const Args&, device::Kind kind) {
  return factor::cpu_only(kind);
}

Footprint Svd::footprint(const Args& args) {
  const auto k = static_cast<double>(std::min(args.a.rows, args.a.cols));
  return {
      .rows = args.a.rows,
      .bytes_in = args.a.size() * sizeof(double),
      .bytes_out = (args.a.rows + args.a.cols + 1) * static_cast<std::size_t>(k) * sizeof(double),
      .flops = 6 * static_cast<double>(args.a.size()) * k + 20 * k * k * k,
      .ceiling = Ceiling::kF64,
      .chunkable = false};
}

}  // namespace weir::ops
