// What the parity cases of the factorizations share: the shapes and contents that every one of them
// meets, and comparisons within a bound. A case holds its matrices by shared_ptr.
//
//   for (const factor::CaseShape& shape : factor::case_shapes(seed, true))    // square ones
//     cases.push_back(...factor::make_case_matrix(shape)...);
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/sample.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops::factor {

enum class Content { kRandom, kZero, kOnes, kNaN, kInfinity };

struct CaseShape {
  std::string name;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t gap = 0;  // elements before each row, of a wider matrix
  double scale = 1;
  Content content = Content::kRandom;
  std::uint64_t seed = 1;
};

// A matrix with elements before each row that are NaN.
struct CaseMatrix {
  Matrix<double> whole;
  std::size_t gap = 0;
  MatrixView<double> view() const {
    return whole.view().block(0, gap, whole.rows(), whole.cols() - gap);
  }
  void set(std::size_t r, std::size_t c, double value) { whole(r, gap + c) = value; }
};

inline CaseMatrix make_case_matrix(const CaseShape& shape) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  CaseMatrix made{.whole = Matrix<double>(shape.rows, shape.cols + shape.gap), .gap = shape.gap};
  Philox rng(shape.seed, shape.rows * 1000 + shape.cols);
  for (std::size_t r = 0; r < shape.rows; ++r) {
    for (std::size_t c = 0; c < shape.gap; ++c) made.whole(r, c) = kNaN;
    for (std::size_t c = 0; c < shape.cols; ++c) {
      const double value = shape.scale * (2 * rng.next_unit() - 1);
      made.set(r, c,
               shape.content == Content::kZero   ? 0
               : shape.content == Content::kOnes ? shape.scale
                                                 : value);
    }
  }
  if (shape.rows == 0 || shape.cols == 0) return made;
  if (shape.content == Content::kNaN) made.set(shape.rows - 1, shape.cols / 2, kNaN);
  if (shape.content == Content::kInfinity)
    made.set(shape.rows / 2, 0, -std::numeric_limits<double>::infinity());
  return made;
}

// Makes a square matrix symmetric, and positive definite if `diagonal` is large enough.
inline void make_symmetric(CaseMatrix& a, double diagonal) {
  const MatrixView<double> view = a.view();
  for (std::size_t r = 0; r < view.rows; ++r) {
    for (std::size_t c = 0; c < r; ++c) a.set(r, c, view(c, r));
    a.set(r, r, view(r, r) + diagonal);
  }
}

inline std::vector<CaseShape> case_shapes(std::uint64_t seed, bool square) {
  std::vector<CaseShape> shapes;
  const auto add = [&](CaseShape shape) {
    if (square) shape.cols = shape.rows;
    shape.seed = seed + shapes.size();
    shape.name += " " + shape_text(shape.rows, shape.cols);
    shapes.push_back(shape);
  };
  for (const std::size_t rows : {0, 1, 31, 32, 33, 65}) {
    add({.name = "rows", .rows = rows, .cols = 5});
    if (!square) add({.name = "columns", .rows = 6, .cols = rows});
  }
  for (std::size_t length = 1; length < 64; ++length)
    add({.name = "length", .rows = length, .cols = 1 + length % 7, .gap = length % 3});
  add({.name = "blocks", .rows = square ? 131u : 1100u, .cols = 3, .gap = 5});
  for (const double scale : {1e300, 1e-300})
    add({.name = "scale " + std::to_string(std::ilogb(scale)),
         .rows = 6,
         .cols = 4,
         .scale = scale});
  add({.name = "zeros", .rows = 9, .cols = 4, .content = Content::kZero});
  add({.name = "ones", .rows = 8, .cols = 3, .content = Content::kOnes});
  add({.name = "nan", .rows = 5, .cols = 4, .content = Content::kNaN});
  add({.name = "infinity", .rows = 34, .cols = 2, .content = Content::kInfinity});
  Philox rng(seed, 3);
  for (int i = 0; i < 8; ++i)
    add({.name = "random",
         .rows = 1 + rng.next_below(48),
         .cols = 1 + rng.next_below(48),
         .gap = rng.next_below(4)});
  return shapes;
}

// A matrix of guarded memory with a gap after each row.
inline MutableMatrixView<double> guarded_matrix(std::size_t rows, std::size_t cols) {
  return {parity::guarded<double>(rows * (cols + 2)).data(), rows, cols, cols + 2};
}

// "" or what exceeds its bound; NaN exceeds any.
inline std::string beyond(const std::string& what, double value, double bound) {
  if (value <= bound) return {};
  return what + " is " + std::to_string(value / bound) + " times its bound";
}

inline double unit_of(MatrixView<double> a) {
  return static_cast<double>(std::max(a.rows, a.cols)) * kUnit;
}

// Compares solutions of A X = B with their backward errors and rcond; "" or what is beyond its
// bound. Args and Output are those of lu_solve and chol_solve.
template <class Args, class Output>
std::string solution_differs(const Args& args, const Output& expected, const Output& got) {
  const double unit = unit_of(args.a);
  std::string what = beyond("backward error", got.backward_error, 16 * unit);
  if (what.empty()) {
    what = beyond("x", difference(got.x, expected.x),
                  64 * unit / expected.rcond * largest(expected.x));
  }
  // An estimate, of which 1 / rcond may be too small by a factor of its own.
  if (what.empty()) what = beyond("rcond", got.rcond, 10 * expected.rcond);
  return what;
}

// "" or why the columns of q are not orthonormal to `bound`.
inline std::string not_orthonormal(const std::string& what, MatrixView<double> q, double bound) {
  return q.empty() ? std::string{} : beyond(what, orthogonality_error(q), bound);
}

inline Matrix<double> transposed(MatrixView<double> a) {
  Matrix<double> turned(a.cols, a.rows);
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) turned(c, r) = a(r, c);
  }
  return turned;
}

// u diag(values).
inline Matrix<double> scaled_columns(MatrixView<double> u, std::span<const double> values) {
  Matrix<double> scaled(u.rows, u.cols);
  for (std::size_t r = 0; r < u.rows; ++r) {
    for (std::size_t c = 0; c < u.cols; ++c) scaled(r, c) = u(r, c) * values[c];
  }
  return scaled;
}

}  // namespace weir::ops::factor
