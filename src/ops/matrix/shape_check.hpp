// Checks of shapes that the matrix ops share, with the messages they have in common.
//
//   WEIR_TRY(check_stride("a", args.a));
//   WEIR_TRY(check_same_shape("a", args.a, "b", args.b));
#pragma once

#include <string>
#include <string_view>

#include "base/status.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops {

// Returns "3 x 4".
std::string shape_text(std::size_t rows, std::size_t cols);

// invalid_argument (stride_too_small): rows would overlap.
Status check_stride(std::string_view name, std::size_t rows, std::size_t cols, std::size_t stride);
template <class T, class Pointer>
Status check_stride(std::string_view name, const BasicMatrixView<T, Pointer>& view) {
  return check_stride(name, view.rows, view.cols, view.stride);
}

// invalid_argument (shape_mismatch) names both shapes.
Status shape_mismatch(std::string_view x, std::size_t x_rows, std::size_t x_cols,
                      std::string_view y, std::size_t y_rows, std::size_t y_cols);
template <class T, class X, class Y>
Status check_same_shape(std::string_view x_name, const BasicMatrixView<T, X>& x,
                        std::string_view y_name, const BasicMatrixView<T, Y>& y) {
  if (x.rows == y.rows && x.cols == y.cols) return Status::ok();
  return shape_mismatch(x_name, x.rows, x.cols, y_name, y.rows, y.cols);
}

// invalid_argument (overlap): `out` starts where `in` does, but its rows lie elsewhere. What else
// overlaps is the caller's to avoid.
template <class T>
Status check_in_place(std::string_view name, const MatrixView<T>& in,
                      const MutableMatrixView<T>& out) {
  if (in.data != out.data || in.empty() || in.stride == out.stride) return Status::ok();
  return invalid_argument("overlap", "the result starts where " + std::string(name) +
                                         " does, with a stride of " + std::to_string(out.stride) +
                                         " instead of " + std::to_string(in.stride));
}

}  // namespace weir::ops
