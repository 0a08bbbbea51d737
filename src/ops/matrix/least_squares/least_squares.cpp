#include "ops/matrix/least_squares/least_squares.hpp"

#include <algorithm>
#include <string>

#include "base/number_text.hpp"
#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"

namespace weir::ops {

Status LeastSquares::check(const Args& args) {
  WEIR_TRY(factor::check_countable("a", args.a));
  WEIR_TRY(factor::check_countable("b", args.b));
  WEIR_TRY(factor::check_rows("b", args.b, "a", args.a));
  if (!(args.tolerance >= 0 && args.tolerance < 1))
    return invalid_argument("tolerance_range", "tolerance is " + number_text(args.tolerance) +
                                                   ", it must be in "
                                                   "[0, 1)")
        .at("tolerance");
  WEIR_TRY(factor::check_finite("a", args.a));
  return factor::check_finite("b", args.b);
}

Status LeastSquares::check_output(const Args& args, const Output& out) {
  if (!out.residuals.empty())
    WEIR_TRY(factor::check_length("residuals", out.residuals.size(), args.b.cols));
  return factor::check_shape("x", out.x, args.a.cols, args.b.cols);
}

double LeastSquares::tolerance_of(const Args& args) {
  if (args.tolerance > 0) return args.tolerance;
  return static_cast<double>(std::max(args.a.rows, args.a.cols)) * 0x1p-52;
}

Support LeastSquares::supports(const Args&, device::Kind kind) {
  return factor::cpu_only(kind);
}

Footprint LeastSquares::footprint(const Args& args) {
  const auto cols = static_cast<double>(args.a.cols + args.b.cols);
  return {.rows = args.a.rows,
          .bytes_in = (args.a.size() + args.b.size()) * sizeof(double),
          .bytes_out = args.a.cols * args.b.cols * sizeof(double),
          .flops = 2 * static_cast<double>(args.a.rows) * cols * cols,
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
