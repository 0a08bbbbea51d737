#include "ops/fft/dft_reference.hpp"

#include <cmath>
#include <numbers>

namespace weir::ops::fft {

std::vector<Exact> roots_reference(std::size_t n) {
  std::vector<Exact> roots(n);
  for (std::size_t k = 0; k < n; ++k) {
    const long double angle = 2 * std::numbers::pi_v<long double> * static_cast<long double>(k) /
                              static_cast<long double>(n);
    roots[k] = {std::cos(angle), std::sin(angle)};
  }
  return roots;
}

void dft_reference(std::span<const Exact> x, Direction direction, long double scale,
                   std::span<Exact> y) {
  const std::size_t n = x.size();
  const std::vector<Exact> roots = roots_reference(n);
  for (std::size_t k = 0; k < n; ++k) {
    long double re = 0;
    long double im = 0;
    std::size_t place = 0;  // t k modulo n
    for (std::size_t t = 0; t < n; ++t) {
      Exact root = roots[place];
      place = place + k < n ? place + k : place + k - n;
      if (direction == Direction::kForward) root = std::conj(root);
      re += x[t].real() * root.real() - x[t].imag() * root.imag();
      im += x[t].real() * root.imag() + x[t].imag() * root.real();
    }
    y[k] = {scale * re, scale * im};
  }
}

Exact bin_reference(std::span<const std::complex<double>> x, std::size_t k) {
  const std::vector<Exact> roots = roots_reference(x.size());
  Exact sum = 0;
  for (std::size_t t = 0; t < x.size(); ++t) {
    sum += Exact(x[t]) * std::conj(roots[t * k % x.size()]);
  }
  return sum;
}

}  // namespace weir::ops::fft
