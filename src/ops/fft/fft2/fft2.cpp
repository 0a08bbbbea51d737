#include "ops/fft/fft2/fft2.hpp"

#include "base/result.hpp"

namespace weir::ops {

Status Fft2::check(const Args& args) {
  WEIR_TRY(fft::check_length(args.height));
  WEIR_TRY(fft::check_length(args.width));
  return fft::check_batch(args.x.size(), args.height * args.width);
}

Status Fft2::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check(args));
  return fft::check_memory("y", out.y.size(), args.x.size());
}

Support Fft2::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedShape, "transforms of matrices run on the CPU");
}

Footprint Fft2::footprint(const Args& args) {
  return {.rows = args.batch(),
          .bytes_in = args.x.size_bytes(),
          .bytes_out = args.x.size_bytes(),
          .flops = static_cast<double>(args.batch()) * fft::flops(args.height * args.width)};
}

}  // namespace weir::ops
