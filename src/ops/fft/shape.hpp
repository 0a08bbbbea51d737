// What the ops of the family ask of their arguments, and what they state about their cost.
#pragma once

#include <complex>
#include <cstddef>
#include <string_view>

#include "base/status.hpp"
#include "ops/op.hpp"

namespace weir::ops {

using Complex = std::complex<double>;

namespace fft {

inline const double* parts(const Complex* values) {
  return reinterpret_cast<const double*>(values);  // complex<double> is an array of two
}
inline double* parts(Complex* values) {
  return reinterpret_cast<double*>(values);
}

// invalid_argument unless 1 <= n <= kLengthMax.
Status check_length(std::size_t n);
// invalid_argument unless `values` is a multiple of `each`; both are named.
Status check_batch(std::size_t values, std::size_t each);
// invalid_argument unless `have` values are `want`; `what` names the memory.
Status check_memory(std::string_view what, std::size_t have, std::size_t want);

// 5 n log2 n, what a transform of n complex values is counted as.
double flops(std::size_t n);

}  // namespace fft
}  // namespace weir::ops
