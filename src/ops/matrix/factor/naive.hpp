// Dense linear algebra as the textbook writes it, in long double: what the references of the
// factorizations are made of. Loops over elements, no blocks, no library.
//
//   naive::LongMatrix x = naive::widen(b);
//   const bool regular = naive::eliminate(naive::widen(a), x);   // x: the solution of a x = b
//   naive::round(x, out.x);
#pragma once

#include <cstddef>
#include <vector>

#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor::naive {

struct LongMatrix {
  LongMatrix(std::size_t row_count, std::size_t col_count)
      : rows(row_count), cols(col_count), values(row_count * col_count) {}
  long double& operator()(std::size_t r, std::size_t c) { return values[r * cols + c]; }
  long double operator()(std::size_t r, std::size_t c) const { return values[r * cols + c]; }

  std::size_t rows;
  std::size_t cols;
  std::vector<long double> values;
};

LongMatrix widen(MatrixView<double> a);
LongMatrix identity(std::size_t n);
LongMatrix transpose(const LongMatrix& a);
LongMatrix multiply(const LongMatrix& a, const LongMatrix& b);
void round(const LongMatrix& a, MutableMatrixView<double> to);
// The largest sum of magnitudes of a column.
long double norm_one(const LongMatrix& a);
// The square root of the sum of squares.
long double norm_frobenius(const LongMatrix& a);

// Gaussian elimination with partial pivoting, then back substitution: x becomes the solution of
// a x = x. Returns false, and leaves x in ruins, if a pivot is zero.
bool eliminate(LongMatrix a, LongMatrix& x);

// The inverse of a by eliminate(), and 1 / (norm_one(a) norm_one(inverse)): 0 if a pivot is zero,
// 1 for n = 0.
struct Inverted {
  LongMatrix inverse;
  double rcond;
};
Inverted invert(const LongMatrix& a);

// Lower l with l l' = a. Returns 0, or the order of the first leading minor that is not positive.
std::size_t cholesky(const LongMatrix& a, LongMatrix& l);

// Householder QR with q [m, k], r [k, n], k = min(m, n), the diagonal of r not negative. With
// `order`, the remaining column of largest norm is taken at each step (the lowest of equals), and
// q r = a with its columns in that order.
struct Qr {
  LongMatrix q;
  LongMatrix r;
};
Qr householder(const LongMatrix& a, std::vector<std::size_t>* order = nullptr);

// Cyclic Jacobi rotations of a symmetric matrix: values ascending, vectors in the columns, the
// largest entry of each positive.
struct Eigen {
  std::vector<long double> values;
  LongMatrix vectors;
};
Eigen jacobi_eigen(LongMatrix a);

// One-sided Jacobi rotations: a = u diag(s) v', k = min(m, n), s descending, the largest entry of
// each column of v positive. Columns of u for s = 0 complete the basis.
struct Svd {
  LongMatrix u;
  std::vector<long double> s;
  LongMatrix v;
};
Svd jacobi_svd(const LongMatrix& a);

}  // namespace weir::ops::factor::naive
