// Matrices for the tests and benches of the factorizations, and what the tests measure on results.
//
//   const Matrix<double> a = factor::random_matrix(40, 30, 7);             // uniform in [-1, 1)
//   const Matrix<double> bad = factor::with_values(40, 30, values, 7);    // given singular values
//   EXPECT_LE(factor::orthogonality_error(q.view()), 10 * 40 * factor::kUnit);
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "base/rng.hpp"
#include "ops/matrix/factor/naive.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

inline Matrix<double> random_matrix(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Philox rng(seed, rows * 65536 + cols);
  Matrix<double> a(rows, cols);
  for (std::size_t i = 0; i < rows * cols; ++i) a.data()[i] = 2 * rng.next_unit() - 1;
  return a;
}

// u diag(values) v' with random orthogonal u and v; values has min(rows, cols) elements.
inline Matrix<double> with_values(std::size_t rows, std::size_t cols,
                                  std::span<const double> values, std::uint64_t seed) {
  const std::size_t k = std::min(rows, cols);
  naive::LongMatrix u = naive::householder(naive::widen(random_matrix(rows, k, seed).view())).q;
  const naive::LongMatrix v =
      naive::householder(naive::widen(random_matrix(cols, k, seed + 1).view())).q;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < k; ++c) u(r, c) *= values[c];
  }
  Matrix<double> a(rows, cols);
  naive::round(naive::multiply(u, naive::transpose(v)), a.view());
  return a;
}

// (a + a') / 2.
inline Matrix<double> symmetric_part(MatrixView<double> a) {
  Matrix<double> s(a.rows, a.cols);
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) s(r, c) = (a(r, c) + a(c, r)) / 2;
  }
  return s;
}

// q' q + 1: positive definite.
inline Matrix<double> positive_definite(std::size_t n, std::uint64_t seed) {
  const naive::LongMatrix q = naive::widen(random_matrix(n, n, seed).view());
  naive::LongMatrix product = naive::multiply(naive::transpose(q), q);
  for (std::size_t i = 0; i < n; ++i) product(i, i) += 1;
  Matrix<double> a(n, n);
  naive::round(product, a.view());
  return symmetric_part(a.view());
}

// max|q'q - 1| over the columns.
inline double orthogonality_error(MatrixView<double> q) {
  const naive::LongMatrix wide = naive::widen(q);
  const naive::LongMatrix product = naive::multiply(naive::transpose(wide), wide);
  long double worst = 0;
  for (std::size_t i = 0; i < q.cols; ++i) {
    for (std::size_t j = 0; j < q.cols; ++j)
      worst = std::max(worst, std::abs(product(i, j) - (i == j ? 1.0L : 0.0L)));
  }
  return static_cast<double>(worst);
}

// max|x y - z|.
inline double product_error(MatrixView<double> x, MatrixView<double> y, MatrixView<double> z) {
  const naive::LongMatrix product = naive::multiply(naive::widen(x), naive::widen(y));
  long double worst = 0;
  for (std::size_t r = 0; r < z.rows; ++r) {
    for (std::size_t c = 0; c < z.cols; ++c)
      worst = std::max(worst, std::abs(product(r, c) - z(r, c)));
  }
  return static_cast<double>(worst);
}

inline double largest(MatrixView<double> a) {
  double found = 0;
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) found = std::max(found, std::abs(a(r, c)));
  }
  return found;
}

// max|x - y|.
inline double difference(MatrixView<double> x, MatrixView<double> y) {
  double worst = 0;
  for (std::size_t r = 0; r < x.rows; ++r) {
    for (std::size_t c = 0; c < x.cols; ++c) worst = std::max(worst, std::abs(x(r, c) - y(r, c)));
  }
  return worst;
}

inline double norm_frobenius(MatrixView<double> a) {
  return static_cast<double>(naive::norm_frobenius(naive::widen(a)));
}

}  // namespace weir::ops::factor
