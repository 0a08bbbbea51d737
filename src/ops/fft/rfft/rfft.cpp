#include "ops/fft/rfft/rfft.hpp"

#include "base/result.hpp"

namespace weir::ops {
namespace {

Support on_cpu(device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedShape, "real transforms run on the CPU");
}

}  // namespace

Status Rfft::check(const Args& args) {
  WEIR_TRY(fft::check_length(args.n));
  return fft::check_batch(args.x.size(), args.n);
}

Status Rfft::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check(args));
  return fft::check_memory("y", out.y.size(), args.batch() * args.bins());
}

Support Rfft::supports(const Args&, device::Kind kind) {
  return on_cpu(kind);
}

Footprint Rfft::footprint(const Args& args) {
  return {.rows = args.batch(),
          .bytes_in = args.x.size_bytes(),
          .bytes_out = args.batch() * args.bins() * sizeof(Complex),
          .flops = static_cast<double>(args.batch()) * fft::flops(args.n) / 2};
}

Status Irfft::check(const Args& args) {
  WEIR_TRY(fft::check_length(args.n));
  return fft::check_batch(args.x.size(), args.bins());
}

Status Irfft::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check(args));
  return fft::check_memory("y", out.y.size(), args.batch() * args.n);
}

Support Irfft::supports(const Args&, device::Kind kind) {
  return on_cpu(kind);
}

Footprint Irfft::footprint(const Args& args) {
  return {.rows = args.batch(),
          .bytes_in = args.x.size_bytes(),
          .bytes_out = args.batch() * args.n * sizeof(double),
          .flops = static_cast<double>(args.batch()) * fft::flops(args.n) / 2};
}

}  // namespace weir::ops
