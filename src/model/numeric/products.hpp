// Products: the sums that a linear model is computed from, X'X, X'y and the columns' own, about
// shifts near the means, so that centring them later does not cancel.
//
//   Products products(x.cols());
//   WEIR_TRY(products.add_rows(x, y, workers));
//   const double mean = products.shift[j] + products.sums[j] / rows;
#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/numeric/matrix_source.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/workers.hpp"

namespace weir::model {

// With z = x - 1 shift' and t = y - y_shift: gram = z'z, sums = 1'z, xy = z't, y_sum = 1't.
struct Products {
  explicit Products(std::size_t cols) : gram(cols, cols), shift(cols), sums(cols), xy(cols) {}
  ops::Matrix<double> gram;
  std::vector<double> shift;
  std::vector<double> sums;
  std::vector<double> xy;
  double y_shift = 0;
  double y_sum = 0;
  // Columns whose deviation is below this share of their mean are constant for all that the sums
  // can tell.
  double constant_ratio = 1e-15;

  // Reads all rows once; for new Products. Dense rows are shifted by the means of the first 4,096,
  // sparse ones, of which most are zero, by nothing. The same bits for any number of threads.
  // Errors: invalid_argument (not_finite) naming row and column, or that squares are too large;
  // those of the source. Memory: 64 MiB for a block that the source reads, up to 256 MiB of partial
  // products.
  Status add_rows(MatrixSource& x, std::span<const double> y, ops::Workers& workers);
};

// Returns invalid_argument (not_finite) naming the first value that is not finite; ok if all are.
Status check_finite(std::span<const double> y);
Status check_finite(const ops::CsrView& x);
// Returns what is said of finite values whose squares are not.
Status squares_too_large();

}  // namespace weir::model
