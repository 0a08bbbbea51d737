#include "ops/fft/convolve2/convolve2.hpp"

#include <string>

#include "base/result.hpp"
#include "ops/fft/shape.hpp"

namespace weir::ops {
namespace {

std::string sides(std::size_t height, std::size_t width) {
  return std::to_string(height) + " x " + std::to_string(width);
}

constexpr std::size_t kSideMax = std::size_t{1} << 31;

Status check_sides(std::string_view what, std::size_t have, std::size_t height, std::size_t width) {
  // Sides whose product wraps must not pass for the number of values, nor may those of the result.
  if (height <= kSideMax && width <= kSideMax && have == height * width) return Status::ok();
  return invalid_argument(
             "shape", std::to_string(have) + " values are not a matrix of " + sides(height, width))
      .at(what);
}

}  // namespace

Status Convolve2::check(const Args& args) {
  WEIR_TRY(check_sides("x", args.x.size(), args.height, args.width));
  WEIR_TRY(check_sides("kernel", args.kernel.size(), args.kernel_height, args.kernel_width));
  if (args.kernel.empty() || args.kernel_height > kKernelSideMax ||
      args.kernel_width > kKernelSideMax) {
    return invalid_argument("shape", "a kernel of " + sides(args.kernel_height, args.kernel_width))
        .at("kernel")
        .hint("take sides of 1 to " + std::to_string(kKernelSideMax));
  }
  if (args.part == fft::Part::kValid &&
      (args.height < args.kernel_height || args.width < args.kernel_width)) {
    return invalid_argument("shape", "no valid part: a matrix of " +
                                         sides(args.height, args.width) + ", a kernel of " +
                                         sides(args.kernel_height, args.kernel_width))
        .at("x")
        .hint("ask for \"same\" or \"full\"");
  }
  return Status::ok();
}

Status Convolve2::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check(args));
  return fft::check_memory("y", out.y.size(), args.size());
}

Support Convolve2::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedShape, "convolutions run on the CPU");
}

Footprint Convolve2::footprint(const Args& args) {
  const auto n = static_cast<double>(args.x.size());
  const bool direct =
      fft::choose(args.method, args.kernel.size(), fft::kCrossover2) == fft::Method::kDirect;
  const std::size_t tile =
      fft::tile_length(args.kernel_height) * fft::tile_length(args.kernel_width);
  return {.rows = args.height,
          .bytes_in = args.x.size_bytes(),
          .bytes_out = args.size() * sizeof(double),
          .bytes_resident = args.kernel.size_bytes(),
          .flops = direct ? 2 * n * static_cast<double>(args.kernel.size())
                          : n / static_cast<double>(tile) * 2 * fft::flops(tile),
          .ceiling = Ceiling::kF64,
          .chunkable = false};
}

}  // namespace weir::ops
