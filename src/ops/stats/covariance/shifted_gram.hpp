// ShiftedGram: sums of products of all pairs of columns of a matrix about shifts, and what comes of
// them.
//
//   const std::vector<double> shifts = column_shifts(x);
//   const std::vector<double> gram = shifted_gram(run, x, shifts);   // the last column is of ones
//   write_covariance(gram, x.rows, ddof, matrix);
#pragma once

#include <span>
#include <vector>

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops {

// One more column, of ones, gives the sums of the others.
constexpr std::size_t gram_side(std::size_t cols) {
  return cols + 1;
}

// Returns the means of the first 1,024 rows, 0 for those that are not finite.
std::vector<double> column_shifts(const MatrixView<double>& x);

// Adds two partials, [side, side] each: `to` holds those of the rows before.
void join_grams(std::span<double> to, std::span<const double> next);

// Takes the partials of row blocks in order and joins them as a binary counter does.
class GramCounter {
 public:
  explicit GramCounter(std::size_t size) : size_(size) {}
  // Takes the partial of the next 2^level blocks of rows.
  void push_level(std::vector<double> partial, unsigned level);
  // Returns the join of all, zeros if there are none.
  std::vector<double> result() const;

 private:
  std::size_t size_;
  std::uint64_t blocks_ = 0;
  std::vector<std::vector<double>> stack_;
};

// gram is [side, side] with side = gram_side(matrix.cols), its upper triangle.
void write_covariance(std::span<const double> gram, std::size_t rows, unsigned ddof,
                      const MutableMatrixView<double>& matrix);
void write_correlation(std::span<const double> gram, std::size_t rows,
                       const MutableMatrixView<double>& matrix);

// Rows with their shifts taken off and a one behind them, [rows, step], and the sums of products,
// [side rounded up to four, step]. step is a multiple of eight; columns beyond the side are zero.
struct GramTile {
  const double* z;
  std::size_t rows;
  std::size_t step;
  double* sums;
};

// The upper triangle of z'z over all rows, on the widest vector unit allowed.
std::vector<double> shifted_gram(CpuRun& run, const MatrixView<double>& x,
                                 std::span<const double> shifts);

}  // namespace weir::ops
