// Tiles: convolution of matrices with one kernel in tiles of two-dimensional transforms.
//
//   const Tiles tiles(kernel);
//   tiles.run(x, 2, 3, y);   // y[r, c] = full[2 tiles.down() + r, 3 tiles.across() + c]
//
// Overlap-save in both directions. Immutable, thread-safe; run() uses working memory of the thread.
#pragma once

#include <memory>

#include "base/aligned.hpp"
#include "ops/fft/convolve/direct.hpp"
#include "ops/fft/engine/plan.hpp"

namespace weir::ops::fft {

class Tiles {
 public:
  explicit Tiles(const Grid2& kernel);

  // Results of a tile in each direction.
  std::size_t down() const { return columns_->n - taps_down_ + 1; }
  std::size_t across() const { return rows_->n - taps_across_ + 1; }
  // y is [down(), across()], row-major.
  void run(const Grid2& x, std::size_t tile_row, std::size_t tile_column, double* y) const;

 private:
  // A row of bins takes a whole number of cache lines.
  std::size_t bins_step() const { return (2 * rows_->bins() + 7) / 8 * 8; }
  void to_bins(const double* values, double* bins) const;

  std::size_t taps_down_;
  std::size_t taps_across_;
  std::shared_ptr<const RealPlan> rows_;
  std::shared_ptr<const Plan> columns_;
  AlignedBuffer<double> bins_;
};

}  // namespace weir::ops::fft
