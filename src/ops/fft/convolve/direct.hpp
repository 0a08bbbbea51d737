// The sums of a convolution as they are defined, in one and two dimensions.
//
//   direct_row({x, 1, n, n}, {kernel, 1, m, m}, 0, 0, {y, n + m - 1});
#pragma once

#include <cstddef>
#include <span>

namespace weir::ops::fft {

struct Grid2 {
  const double* data;
  std::size_t height;
  std::size_t width;
  std::size_t step;  // from row to row
};

// y[c] = full[row, column + c]: terms are added by fused multiplications where the target has them,
// in rising row, then rising column, of the kernel; terms beyond the ends of x are left out.
// Thread-safe, allocates nothing.
void direct_row(const Grid2& x, const Grid2& kernel, std::size_t row, std::size_t column,
                std::span<double> y);

}  // namespace weir::ops::fft
