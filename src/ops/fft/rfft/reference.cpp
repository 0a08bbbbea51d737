#include <vector>

#include "base/result.hpp"
#include "ops/fft/dft_reference.hpp"
#include "ops/fft/rfft/rfft.hpp"

namespace weir::ops {

Status Rfft::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::vector<fft::Exact> x(args.n);
  std::vector<fft::Exact> y(args.n);
  for (std::size_t row = 0; row < args.batch(); ++row) {
    for (std::size_t t = 0; t < args.n; ++t) x[t] = args.x[args.n * row + t];
    fft::dft_reference(x, fft::Direction::kForward, 1, y);
    for (std::size_t k = 0; k < args.bins(); ++k) out.y[args.bins() * row + k] = Complex(y[k]);
  }
  return Status::ok();
}

Status Irfft::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::vector<fft::Exact> x(args.n);
  std::vector<fft::Exact> y(args.n);
  for (std::size_t row = 0; row < args.batch(); ++row) {
    const auto bins = args.x.subspan(args.bins() * row, args.bins());
    for (std::size_t k = 0; k < args.n; ++k) {
      x[k] = k < args.bins() ? fft::Exact(bins[k]) : std::conj(fft::Exact(bins[args.n - k]));
      if (k == 0 || 2 * k == args.n) x[k] = x[k].real();
    }
    fft::dft_reference(x, fft::Direction::kInverse, 1 / static_cast<long double>(args.n), y);
    for (std::size_t t = 0; t < args.n; ++t) {
      out.y[args.n * row + t] = static_cast<double>(y[t].real());
    }
  }
  return Status::ok();
}

}  // namespace weir::ops
