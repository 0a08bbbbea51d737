#include "base/result.hpp"
#include "ops/fft/convolve2/convolve2.hpp"

namespace weir::ops {

Status Convolve2::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t top = fft::part_begin(args.kernel_height, args.part);
  const std::size_t left = fft::part_begin(args.kernel_width, args.part);
  const std::size_t width = args.out_width();
  for (std::size_t at = 0; at < out.y.size(); ++at) {
    const std::size_t i = top + at / width;
    const std::size_t j = left + at % width;
    long double sum = 0;
    for (std::size_t p = 0; p < args.kernel_height; ++p) {
      for (std::size_t q = 0; q < args.kernel_width; ++q) {
        if (i < p || i - p >= args.height || j < q || j - q >= args.width) continue;
        sum += static_cast<long double>(args.kernel[args.kernel_width * p + q]) *
               args.x[args.width * (i - p) + (j - q)];
      }
    }
    out.y[at] = static_cast<double>(sum);
  }
  return Status::ok();
}

}  // namespace weir::ops
