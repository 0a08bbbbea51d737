#include "ops/matrix/gram/gram.hpp"

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"

namespace weir::ops {

Status Gram::check(const Args& args) {
  WEIR_TRY(factor::check_countable("x", args.x));
  if (!args.shift.empty()) WEIR_TRY(factor::check_length("shift", args.shift.size(), args.x.cols));
  if (!args.y.empty()) WEIR_TRY(factor::check_length("y", args.y.size(), args.x.rows));
  return Status::ok();
}

Status Gram::check_output(const Args& args, const Output& out) {
  const std::size_t cols = args.x.cols;
  WEIR_TRY(factor::check_shape("gram", out.gram, cols, cols));
  if (!out.sums.empty()) WEIR_TRY(factor::check_length("sums", out.sums.size(), cols));
  if (!out.xy.empty())
    WEIR_TRY(factor::check_length("xy", out.xy.size(), args.y.empty() ? 0 : cols));
  return Status::ok();
}

Support Gram::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedShape, "X'X reads its input once: the link costs more");
}

Footprint Gram::footprint(const Args& args) {
  const auto rows = static_cast<double>(args.x.rows);
  const auto cols = static_cast<double>(args.x.cols);
  return {.rows = args.x.rows,
          .bytes_in = args.x.size() * sizeof(double) + args.y.size() * sizeof(double),
          .bytes_out = args.x.cols * args.x.cols * sizeof(double),
          .flops = rows * cols * (cols + 1),
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
