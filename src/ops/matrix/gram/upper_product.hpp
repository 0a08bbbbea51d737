// The inner loops of gram: rows copied with their shifts taken off, and the upper triangle of z'z.
//
//   copy_shifted({x, x_stride}, rows, cols, shift, {z, z_stride});
//   add_upper_product({z, z_stride}, rows, cols, {c, c_stride});
//
// The product reads z as it lies, unpacked: both of its factors are rows of z, which the first
// cache level holds for kBlockRows rows of a tile. What lies beyond `cols` up to padded(cols) is
// read from z and written to c: z must have zeros there, c room. Sums go in rising row by
// one fused (below AVX2: separate) addition each within a block, and the block's sum is then added
// to c, so that an element does not depend on how many columns there are.
#pragma once

#include <algorithm>
#include <cstddef>

namespace weir::ops::gram {

inline constexpr std::size_t kBlockRows = 128;  // of one add_upper_product

// The first of a row-major matrix and the elements from one row to the next.
struct Rows {
  double* first;
  std::size_t stride;
};
struct ConstRows {
  const double* first;
  std::size_t stride;
};

// What the last tiles reach: multiples of every tile's height (12, 6) and width (16, 8, 4).
constexpr std::size_t padded(std::size_t cols) {
  return std::max((cols + 11) / 12 * 12, (cols + 15) / 16 * 16);
}
// The stride of a block of z: an odd number of cache lines, lest its rows meet in one set.
constexpr std::size_t block_stride(std::size_t cols) {
  return (padded(cols) + 7) / 16 * 16 + 8;
}

// to(r, c) = from(r, c) - shift[c].
void copy_shifted(ConstRows from, std::size_t rows, std::size_t cols, const double* shift, Rows to);

// c(i, j) += sum of z(r, i) z(r, j) for i <= j, and some elements below the diagonal.
void add_upper_product(ConstRows z, std::size_t rows, std::size_t cols, Rows c);

}  // namespace weir::ops::gram
