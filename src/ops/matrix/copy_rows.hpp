// copy_rows: copies a matrix into another of the same shape, whatever their strides.
#pragma once

#include <algorithm>

#include "ops/matrix/matrix_view.hpp"

namespace weir::ops {

template <class T>
void copy_rows(const MatrixView<T>& from, const MutableMatrixView<T>& to) {
  for (std::size_t r = 0; r < from.rows; ++r) std::copy_n(&from(r, 0), from.cols, &to(r, 0));
}

}  // namespace weir::ops
