#include "ops/matrix/factor/residual.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/matrix/factor/triangular.hpp"

namespace weir::ops::factor {

void residual(CpuRun& run, MatrixView<double> a, MatrixView<double> x, MatrixView<double> b,
              MutableMatrixView<double> r) {
  constexpr std::size_t kRows = 512;
  if (b.empty()) return;
  run.workers.run((a.rows + kRows - 1) / kRows, [&](std::size_t task) {
    const std::size_t begin = task * kRows;
    const std::size_t rows = std::min(kRows, a.rows - begin);
    for (std::size_t i = begin; i < begin + rows; ++i)
      std::copy_n(b.data + i * b.stride, b.cols, r.data + i * r.stride);
    if (a.cols == 0) return;
    const auto m = static_cast<int>(rows), k = static_cast<int>(a.cols);
    const auto lda = static_cast<int>(a.stride), ldx = static_cast<int>(x.stride);
    if (b.cols == 1) {
      cblas_dgemv(CblasRowMajor, CblasNoTrans, m, k, -1.0, a.data + begin * a.stride, lda, x.data,
                  ldx, 1.0, r.data + begin * r.stride, static_cast<int>(r.stride));
    } else {
      subtract_product(a.block(begin, 0, rows, a.cols), x, r.block(begin, 0, rows, r.cols));
    }
  });
}

double backward_error_of(MatrixView<double> r, double norm_infinity, MatrixView<double> x,
                         MatrixView<double> b) {
  std::vector<double> largest_r(r.cols), largest_x(r.cols), largest_b(r.cols);
  bool finite = true;
  for (std::size_t i = 0; i < r.rows; ++i) {
    for (std::size_t j = 0; j < r.cols; ++j) {
      finite &= std::isfinite(r(i, j)) && std::isfinite(x(i, j));
      largest_r[j] = std::max(largest_r[j], std::abs(r(i, j)));
      largest_x[j] = std::max(largest_x[j], std::abs(x(i, j)));
      largest_b[j] = std::max(largest_b[j], std::abs(b(i, j)));
    }
  }
  if (!finite) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t j = 0; j < r.cols; ++j) {
    if (largest_r[j] == 0) continue;
    worst = std::max(worst, largest_r[j] / (norm_infinity * largest_x[j] + largest_b[j]));
  }
  return worst;
}

double backward_error(MatrixView<double> a, MatrixView<double> x, MatrixView<double> b) {
  Matrix<double> r(b.rows, b.cols);
  long double norm = 0;
  for (std::size_t i = 0; i < a.rows; ++i) {
    long double row = 0;
    for (std::size_t k = 0; k < a.cols; ++k) row += std::abs(a(i, k));
    norm = std::max(norm, row);
    for (std::size_t j = 0; j < b.cols; ++j) {
      long double sum = b(i, j);
      for (std::size_t k = 0; k < a.cols; ++k) sum -= static_cast<long double>(a(i, k)) * x(k, j);
      r(i, j) = static_cast<double>(sum);
    }
  }
  return backward_error_of(r.view(), static_cast<double>(norm), x, b);
}

}  // namespace weir::ops::factor
