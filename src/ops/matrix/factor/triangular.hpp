// Solutions with triangular matrices by halves: all but blocks on the diagonal is products.
//
//   factor::solve_upper_unit(u, x);         // x = inverse(u) x
//   factor::solve_lower_from_right(l, x);   // x = x inverse(l)
//
// Row-major; the triangle named is read, with the diagonal unless it says unit. On the calling
// thread; cut by the shapes alone.
#pragma once

#include "ops/matrix/matrix_view.hpp"

namespace weir::ops::factor {

// l [n, n], x [n, m].
void solve_lower(MatrixView<double> l, MutableMatrixView<double> x);

// u [n, n] with ones on its diagonal, x [n, m].
void solve_upper_unit(MatrixView<double> u, MutableMatrixView<double> x);

// l [n, n], x [m, n].
void solve_lower_from_right(MatrixView<double> l, MutableMatrixView<double> x);

// c [m, n] -= a [m, k] b [k, n].
void subtract_product(MatrixView<double> a, MatrixView<double> b, MutableMatrixView<double> c);

}  // namespace weir::ops::factor
