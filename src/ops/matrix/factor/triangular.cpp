#include "ops/matrix/factor/triangular.hpp"

#include <cblas.h>

#include "ops/matrix/packed/packed_product.hpp"

namespace weir::ops::factor {
namespace {

constexpr std::size_t kLeaf = 64;  // a triangle that fits the first cache level

int count(std::size_t n) {
  return static_cast<int>(n);
}

// About half of n, a multiple of the leaf.
std::size_t half_of(std::size_t n) {
  return (n / kLeaf + 1) / 2 * kLeaf;
}

}  // namespace

void subtract_product(MatrixView<double> a, MatrixView<double> b, MutableMatrixView<double> c) {
  packed_product<double>({.m = c.rows, .n = c.cols, .k = a.cols}, -1.0, {a.data, a.stride, 1},
                         {b.data, b.stride, 1}, 1.0, {c.data, c.stride});
}

void solve_lower(MatrixView<double> l, MutableMatrixView<double> x) {
  const std::size_t n = l.rows;
  if (n <= kLeaf) {
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, count(n),
                count(x.cols), 1.0, l.data, count(l.stride), x.data, count(x.stride));
    return;
  }
  const std::size_t top = half_of(n), rest = n - top;
  const MutableMatrixView<double> upper = x.block(0, 0, top, x.cols);
  const MutableMatrixView<double> lower = x.block(top, 0, rest, x.cols);
  solve_lower(l.block(0, 0, top, top), upper);
  subtract_product(l.block(top, 0, rest, top), upper, lower);
  solve_lower(l.block(top, top, rest, rest), lower);
}

void solve_upper_unit(MatrixView<double> u, MutableMatrixView<double> x) {
  const std::size_t n = u.rows;
  if (n <= kLeaf) {
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasUnit, count(n),
                count(x.cols), 1.0, u.data, count(u.stride), x.data, count(x.stride));
    return;
  }
  const std::size_t top = half_of(n), rest = n - top;
  const MutableMatrixView<double> upper = x.block(0, 0, top, x.cols);
  const MutableMatrixView<double> lower = x.block(top, 0, rest, x.cols);
  solve_upper_unit(u.block(top, top, rest, rest), lower);
  subtract_product(u.block(0, top, top, rest), lower, upper);
  solve_upper_unit(u.block(0, 0, top, top), upper);
}

void solve_lower_from_right(MatrixView<double> l, MutableMatrixView<double> x) {
  const std::size_t n = l.rows;
  if (n <= kLeaf) {
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, count(x.rows),
                count(n), 1.0, l.data, count(l.stride), x.data, count(x.stride));
    return;
  }
  const std::size_t left = half_of(n), rest = n - left;
  const MutableMatrixView<double> first = x.block(0, 0, x.rows, left);
  const MutableMatrixView<double> second = x.block(0, left, x.rows, rest);
  solve_lower_from_right(l.block(left, left, rest, rest), second);
  subtract_product(second, l.block(left, 0, rest, left), first);
  solve_lower_from_right(l.block(0, 0, left, left), first);
}

}  // namespace weir::ops::factor
