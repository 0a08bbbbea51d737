#include "base/result.hpp"
#include "ops/fft/convolve/convolve.hpp"

namespace weir::ops {

Status Convolve::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t begin = fft::part_begin(args.kernel.size(), args.part);
  for (std::size_t i = 0; i < out.y.size(); ++i) {
    long double sum = 0;
    for (std::size_t k = 0; k < args.kernel.size(); ++k) {
      if (begin + i < k || begin + i - k >= args.x.size()) continue;
      sum += static_cast<long double>(args.kernel[k]) * args.x[begin + i - k];
    }
    out.y[i] = static_cast<double>(sum);
  }
  return Status::ok();
}

}  // namespace weir::ops
