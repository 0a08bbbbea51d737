#include "ops/matrix/shape_check.hpp"

namespace weir::ops {

std::string shape_text(std::size_t rows, std::size_t cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

Status check_stride(std::string_view name, std::size_t rows, std::size_t cols, std::size_t stride) {
  if (rows <= 1 || stride >= cols) return Status::ok();
  return invalid_argument("stride_too_small",
                          std::string(name) + " has rows of " + std::to_string(cols) +
                              " elements but a stride of " + std::to_string(stride))
      .at(name)
      .hint("the stride counts elements from row to row");
}

Status shape_mismatch(std::string_view x, std::size_t x_rows, std::size_t x_cols,
                      std::string_view y, std::size_t y_rows, std::size_t y_cols) {
  return invalid_argument("shape_mismatch", std::string(x) + " is " + shape_text(x_rows, x_cols) +
                                                " and " + std::string(y) + " is " +
                                                shape_text(y_rows, y_cols))
      .at(y);
}

}  // namespace weir::ops
