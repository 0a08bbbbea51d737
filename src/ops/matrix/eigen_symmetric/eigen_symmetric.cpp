#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"

#include <string>

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"

namespace weir::ops {

Status EigenSymmetric::check(const Args& args) {
  WEIR_TRY(factor::check_countable("a", args.a));
  WEIR_TRY(factor::check_square("a", args.a));
  if (args.a.rows > kSideMax)
    return invalid_argument("unsupported_shape",
                            "a is " + factor::shape_text(args.a.rows, args.a.cols) +
                                ", eigen_symmetric takes sides up to " + std::to_string(kSideMax))
        .at("a")
        .hint("use randomized_svd for the leading vectors");
  WEIR_TRY(factor::check_finite("a", args.a));
  return factor::check_symmetric("a", args.a);
}

Status EigenSymmetric::check_output(const Args& args, const Output& out) {
  if (!out.vectors.empty())
    WEIR_TRY(factor::check_shape("vectors", out.vectors, args.a.rows, args.a.rows));
  return factor::check_length("values", out.values.size(), args.a.rows);
}

Support EigenSymmetric::supports(const Args&, device::Kind kind) {
  return factor::cpu_only(kind);
}

Footprint EigenSymmetric::footprint(const Args& args) {
  const auto n = static_cast<double>(args.a.rows);
  return {.rows = args.a.rows,
          .bytes_in = args.a.size() * sizeof(double),
          .bytes_out = (args.a.rows + args.a.size()) * sizeof(double),
          .flops = 5 * n * n * n,
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
