#include "ops/fft/convolve/convolve.hpp"

#include <string>

#include "base/result.hpp"
#include "ops/fft/shape.hpp"

namespace weir::ops {

Status Convolve::check(const Args& args) {
  const std::size_t m = args.kernel.size();
  if (m == 0 || m > fft::kKernelMax) {
    return invalid_argument("shape", "a kernel of " + std::to_string(m) + " values")
        .at("kernel")
        .hint("take 1 to " + std::to_string(fft::kKernelMax));
  }
  if (args.part == fft::Part::kValid && args.x.size() < m) {
    return invalid_argument("shape", "no valid part: a series of " + std::to_string(args.x.size()) +
                                         " values, a kernel of " + std::to_string(m))
        .at("x")
        .hint("ask for \"same\" or \"full\"");
  }
  return Status::ok();
}

Status Convolve::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check(args));
  return fft::check_memory("y", out.y.size(), args.size());
}

Support Convolve::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedShape, "convolutions run on the CPU");
}

Footprint Convolve::footprint(const Args& args) {
  const auto n = static_cast<double>(args.x.size());
  const std::size_t m = args.kernel.size();
  const bool direct = fft::choose(args.method, m) == fft::Method::kDirect;
  const std::size_t length = fft::block_length(m);
  const double blocks = n / static_cast<double>(length - m + 1);
  return {.rows = args.x.size(),
          .bytes_in = args.x.size_bytes(),
          .bytes_out = args.size() * sizeof(double),
          .bytes_resident = args.kernel.size_bytes(),
          .flops = direct ? 2 * n * static_cast<double>(m) : blocks * fft::flops(length),
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
