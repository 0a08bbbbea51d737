// Products: the sums that a linear model is computed from, X'X, X'y and the columns' own, about
// shifts near the means, so that centring them later does not cancel.
//
//   Products products(x.cols());
//   WEIR_TRY(products.add_rows(x, y, RowLayout::kDense, workers));
//   const double mean = products.shift[j] + products.sums[j] / rows;
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/numeric/matrix_source.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/workers.hpp"

namespace weir::model {

// How rows are multiplied: with all their values, or with those that are not zero.
enum class RowLayout : std::uint8_t { kDense, kCompressed };

// With z = x - 1 shift' and t = y - y_shift: gram = z'z, sums = 1'z, xy = z't, y_sum = 1't.
struct Products {
  explicit Products(std::size_t cols)
      : gram(cols, cols), shift(cols), sums(cols), xy(cols), constant(cols) {}
  ops::Matrix<double> gram;
  std::vector<double> shift;
  std::vector<double> sums;
  std::vector<double> xy;
  double y_shift = 0;
  double y_sum = 0;
  // Columns known to hold one value; of others only the sums tell.
  std::vector<bool> constant;

  // Reads all rows once; for new Products. Dense rows are shifted by the means of the first 4,096,
  // compressed ones, of which most values are zero, by nothing; should a column then lie so far
  // from zero that its variance would lose digits, and vary, the rows are read again, as dense
  // ones. The same bits for any number of threads, and from memory and a file.
  // Errors: invalid_argument (not_finite) naming row and column, or that squares are too large;
  // those of the source. Memory: 64 MiB for a block that the source reads, up to 256 MiB of partial
  // products; of compressed rows 12 bytes an entry of a block.
  Status add_rows(MatrixSource& x, std::span<const double> y, RowLayout layout,
                  ops::Workers& workers);
  // Adds the sums of other rows about the same shifts.
  void join(const Products& part);
};

// Returns invalid_argument (not_finite) naming the first value that is not finite; ok if all are.
Status check_finite(std::span<const double> y);
Status check_finite(const ops::CsrView& x);
Status check_finite(const ops::MatrixView<double>& x);
// Returns what is said of finite values whose squares are not.
Status squares_too_large();

}  // namespace weir::model
