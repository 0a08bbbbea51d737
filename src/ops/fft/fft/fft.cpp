#include "ops/fft/fft/fft.hpp"

#include "base/result.hpp"
#include "ops/fft/device_support.hpp"

namespace weir::ops {

Status Fft::check(const Args& args) {
  WEIR_TRY(fft::check_length(args.n));
  return fft::check_batch(args.x.size(), args.n);
}

Status Fft::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check(args));
  return fft::check_memory("y", out.y.size(), args.x.size());
}

Support Fft::supports(const Args& args, device::Kind kind) {
  return fft::block_support(args.n, kind);
}

Footprint Fft::footprint(const Args& args) {
  return {.rows = args.batch(),
          .bytes_in = args.x.size_bytes(),
          .bytes_out = args.x.size_bytes(),
          .bytes_resident = fft::block_table_bytes(args.n),
          .flops = static_cast<double>(args.batch()) * fft::flops(args.n)};
}

}  // namespace weir::ops
