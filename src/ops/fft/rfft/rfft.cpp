#include "ops/fft/rfft/rfft.hpp"

#include "base/result.hpp"
#include "ops/fft/device_support.hpp"

namespace weir::ops {
namespace {

// The length of the complex transform that does the work.
std::size_t complex_length(std::size_t n) {
  return n % 2 == 0 ? n / 2 : n;
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

Support Rfft::supports(const Args& args, device::Kind kind) {
  return fft::block_support(complex_length(args.n), kind);
}

Footprint Rfft::footprint(const Args& args) {
  return {.rows = args.batch(),
          .bytes_in = args.x.size_bytes(),
          .bytes_out = args.batch() * args.bins() * sizeof(Complex),
          .bytes_resident = 2 * fft::block_table_bytes(complex_length(args.n)),
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

Support Irfft::supports(const Args& args, device::Kind kind) {
  return fft::block_support(complex_length(args.n), kind);
}

Footprint Irfft::footprint(const Args& args) {
  return {.rows = args.batch(),
          .bytes_in = args.x.size_bytes(),
          .bytes_out = args.batch() * args.n * sizeof(double),
          .bytes_resident = 2 * fft::block_table_bytes(complex_length(args.n)),
          .flops = static_cast<double>(args.batch()) * fft::flops(args.n) / 2};
}

}  // namespace weir::ops
