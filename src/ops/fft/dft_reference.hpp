// Discrete Fourier transforms as they are defined: n sums of n terms each in long double. The
// reference of the family's ops and the oracle of their tests.
//
//   dft_reference({x, n}, Direction::kForward, 1, y);   // y[k] = sum of x[t] exp(-2 pi i t k / n)
#pragma once

#include <complex>
#include <span>
#include <vector>

#include "ops/fft/engine/engine.hpp"

namespace weir::ops::fft {

using Exact = std::complex<long double>;

// exp(2 pi i k / n) for k = 0..n-1.
std::vector<Exact> roots_reference(std::size_t n);
// One transform; y has the length of x.
void dft_reference(std::span<const Exact> x, Direction direction, long double scale,
                   std::span<Exact> y);
// Its bin k alone.
Exact bin_reference(std::span<const std::complex<double>> x, std::size_t k);

}  // namespace weir::ops::fft
