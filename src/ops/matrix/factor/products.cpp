#include "ops/matrix/factor/products.hpp"

#include <algorithm>

#include "ops/matrix/packed/packed_product.hpp"

namespace weir::ops::factor {
namespace {

std::size_t parts(std::size_t n, std::size_t size) {
  return (n + size - 1) / size;
}

// to = a' b of some rows and columns of a.
void product_of(MatrixView<double> a, MatrixView<double> b, MutableMatrixView<double> to) {
  packed_product<double>({.m = a.cols, .n = b.cols, .k = a.rows}, 1.0, {a.data, 1, a.stride},
                         {b.data, b.stride, 1}, 0.0, {to.data, to.stride});
}

}  // namespace

void multiply(CpuRun& run, MatrixView<double> a, MatrixView<double> b,
              MutableMatrixView<double> to) {
  constexpr std::size_t kRows = 1024;
  run.workers.run(parts(a.rows, kRows), [&](std::size_t task) {
    const std::size_t begin = task * kRows;
    packed_product<double>({.m = std::min(kRows, a.rows - begin), .n = b.cols, .k = a.cols}, 1.0,
                           {a.data + begin * a.stride, a.stride, 1}, {b.data, b.stride, 1}, 0.0,
                           {to.data + begin * to.stride, to.stride});
  });
}

void multiply_transposed(CpuRun& run, MatrixView<double> a, MatrixView<double> b,
                         MutableMatrixView<double> to) {
  constexpr std::size_t kCols = 192;
  constexpr std::size_t kRowsMin = 4096;
  constexpr std::size_t kPartsMax = 16;
  if (a.cols >= 4 * kCols || a.rows <= 2 * kRowsMin) {
    run.workers.run(parts(a.cols, kCols), [&](std::size_t task) {
      const std::size_t begin = task * kCols;
      const std::size_t cols = std::min(kCols, a.cols - begin);
      product_of(a.block(0, begin, a.rows, cols), b, to.block(begin, 0, cols, to.cols));
    });
    return;
  }
  const std::size_t rows = std::max(kRowsMin, parts(a.rows, kPartsMax));
  const std::size_t tasks = parts(a.rows, rows);
  Matrix<double> partial(tasks * a.cols, b.cols);
  run.workers.run(tasks, [&](std::size_t task) {
    const std::size_t begin = task * rows;
    const std::size_t count = std::min(rows, a.rows - begin);
    product_of(a.block(begin, 0, count, a.cols), b.block(begin, 0, count, b.cols),
               partial.view().block(task * a.cols, 0, a.cols, b.cols));
  });
  for (std::size_t r = 0; r < a.cols; ++r) {
    for (std::size_t c = 0; c < b.cols; ++c) {
      double sum = partial(r, c);
      for (std::size_t task = 1; task < tasks; ++task) sum += partial(task * a.cols + r, c);
      to(r, c) = sum;
    }
  }
}

}  // namespace weir::ops::factor
