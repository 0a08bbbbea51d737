#include "ops/matrix/factor/check.hpp"

#include <algorithm>
#include <cmath>

#include "base/number_text.hpp"

namespace weir::ops::factor {
namespace {

std::string element_text(std::string_view name, std::size_t row, std::size_t col) {
  return std::string(name) + "(" + std::to_string(row) + ", " + std::to_string(col) + ")";
}

// Returns false if there is a NaN or an infinity in the row: x - x is 0 for all other numbers.
bool all_finite(const double* row, std::size_t cols) {
  double differences = 0;
  for (std::size_t c = 0; c < cols; ++c) differences += row[c] - row[c];
  return differences == 0;
}

// Asymmetry is looked for in square tiles, so that both triangles are read by whole lines.
constexpr std::size_t kTile = 32;

bool tile_is_symmetric(MatrixView<double> a, std::size_t top, std::size_t left, double limit) {
  const std::size_t bottom = std::min(a.rows, top + kTile);
  const std::size_t right = std::min(a.cols, left + kTile);
  bool symmetric = true;
  for (std::size_t r = top; r < bottom; ++r) {
    for (std::size_t c = left; c < right; ++c) symmetric &= std::abs(a(r, c) - a(c, r)) <= limit;
  }
  return symmetric;
}

}  // namespace

std::string shape_text(std::size_t rows, std::size_t cols) {
  return "[" + std::to_string(rows) + ", " + std::to_string(cols) + "]";
}

Status check_square(std::string_view name, MatrixView<double> a) {
  if (a.rows == a.cols) return Status::ok();
  return invalid_argument("shape_mismatch", std::string(name) + " is " +
                                                shape_text(a.rows, a.cols) + ", it must be square")
      .at(name);
}

Status check_shape(std::string_view name, MatrixView<double> a, std::size_t rows,
                   std::size_t cols) {
  if (a.rows == rows && a.cols == cols) return Status::ok();
  return invalid_argument("shape_mismatch", std::string(name) + " is " +
                                                shape_text(a.rows, a.cols) + ", it must be " +
                                                shape_text(rows, cols))
      .at(name);
}

Status check_rows(std::string_view b_name, MatrixView<double> b, std::string_view a_name,
                  MatrixView<double> a) {
  if (b.rows == a.rows) return Status::ok();
  return invalid_argument("shape_mismatch",
                          std::string(b_name) + " is " + shape_text(b.rows, b.cols) + " and " +
                              std::string(a_name) + " is " + shape_text(a.rows, a.cols) +
                              ": they must have as many rows")
      .at(b_name);
}

Status check_length(std::string_view name, std::size_t length, std::size_t expected) {
  if (length == expected) return Status::ok();
  return invalid_argument("length_mismatch", std::string(name) + " has " + std::to_string(length) +
                                                 " elements, it must have " +
                                                 std::to_string(expected))
      .at(name);
}

Status check_countable(std::string_view name, MatrixView<double> a) {
  if (a.rows <= kSideMax && a.cols <= kSideMax && a.stride <= kSideMax) return Status::ok();
  return out_of_range("too_large", std::string(name) + " is " + shape_text(a.rows, a.cols) +
                                       " with stride " + std::to_string(a.stride) +
                                       ", the limit of each is " + std::to_string(kSideMax))
      .at(name);
}

Status check_finite(std::string_view name, MatrixView<double> a) {
  for (std::size_t r = 0; r < a.rows; ++r) {
    if (all_finite(a.row(r).data(), a.cols)) continue;
    std::size_t c = 0;
    while (a(r, c) - a(r, c) == 0) ++c;
    return invalid_argument("not_finite", element_text(name, r, c) + " is " + number_text(a(r, c)))
        .at(name)
        .hint("remove or replace the row");
  }
  return Status::ok();
}

Status check_symmetric(std::string_view name, MatrixView<double> a) {
  double largest = 0;
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) largest = std::max(largest, std::abs(a(r, c)));
  }
  const double limit = 8 * kUnit * largest;
  for (std::size_t top = 0; top < a.rows; top += kTile) {
    for (std::size_t left = 0; left <= top; left += kTile) {
      if (tile_is_symmetric(a, top, left, limit)) continue;
      for (std::size_t r = top; r < std::min(a.rows, top + kTile); ++r) {
        for (std::size_t c = left; c < std::min(a.cols, left + kTile); ++c) {
          if (std::abs(a(r, c) - a(c, r)) <= limit) continue;
          return invalid_argument("asymmetric", element_text(name, r, c) + " is " +
                                                    number_text(a(r, c)) + " and " +
                                                    element_text(name, c, r) + " is " +
                                                    number_text(a(c, r)))
              .at(name)
              .hint("pass (a + a') / 2 if a symmetric matrix is meant");
        }
      }
    }
  }
  return Status::ok();
}

Status singular(std::string_view name, double rcond, double limit) {
  return failed_precondition("singular", std::string(name) + " is singular: rcond " +
                                             number_text(rcond) + " < n u = " + number_text(limit))
      .at(name)
      .hint("remove columns that depend on others, or solve for least squares");
}

Status check_backward_error(double error, double bound) {
  if (error <= bound) return Status::ok();
  return failed_precondition("inaccurate", "the backward error stays at " + number_text(error) +
                                               ", above " + number_text(bound))
      .hint("scale the rows and columns of the matrix to one size");
}

Status check_cancelled(const CpuRun& run, std::string_view op) {
  if (!run.cancelled()) return Status::ok();
  return Status(Code::kCancelled, "cancelled", std::string(op) + " was cancelled");
}

Support cpu_only(device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedShape,
                     "a single factorization is a chain of small steps: it runs on the CPU");
}

}  // namespace weir::ops::factor
