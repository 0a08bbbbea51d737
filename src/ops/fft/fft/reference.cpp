#include <algorithm>
#include <vector>

#include "base/result.hpp"
#include "ops/fft/dft_reference.hpp"
#include "ops/fft/fft/fft.hpp"

namespace weir::ops {

Status Fft::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const bool forward = args.direction == fft::Direction::kForward;
  const long double scale = forward ? 1.0L : 1.0L / static_cast<long double>(args.n);
  std::vector<fft::Exact> y(args.n);
  for (std::size_t at = 0; at < args.x.size(); at += args.n) {
    const auto row = args.x.subspan(at, args.n);
    const std::vector<fft::Exact> x(row.begin(), row.end());
    fft::dft_reference(x, args.direction, scale, y);
    std::transform(y.begin(), y.end(), out.y.begin() + static_cast<std::ptrdiff_t>(at),
                   [](const fft::Exact& value) { return Complex(value); });
  }
  return Status::ok();
}

}  // namespace weir::ops
