#include "ops/fft/fft/fft.hpp"

#include "base/result.hpp"

namespace weir::ops {

Status Fft::check(const Args& args) {
  WEIR_TRY(fft::check_length(args.n));
  return fft::check_batch(args.x.size(), args.n);
}

Status Fft::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check(args));
  return fft::check_memory("y", out.y.size(), args.x.size());
}

Support Fft::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedShape, "transforms run on the CPU");
}

Footprint Fft::footprint(const Args& args) {
  return {.rows = args.batch(),
          .bytes_in = args.x.size_bytes(),
          .bytes_out = args.x.size_bytes(),
          .flops = static_cast<double>(args.batch()) * fft::flops(args.n)};
}

}  // namespace weir::ops
