#include "ops/fft/convolve2/tiles.hpp"

#include <algorithm>

#include "ops/fft/convolve/method.hpp"
#include "ops/fft/engine/engine.hpp"
#include "ops/fft/engine/scratch.hpp"

namespace weir::ops::fft {
namespace {

// Copies the values of x at places [top, top + height) x [left, left + width), zeros where there
// are none.
void cut(const Grid2& x, std::ptrdiff_t top, std::ptrdiff_t left, std::size_t height,
         std::size_t width, double* to) {
  const auto x_width = static_cast<std::ptrdiff_t>(x.width);
  const auto tile_width = static_cast<std::ptrdiff_t>(width);
  const std::ptrdiff_t begin = std::clamp<std::ptrdiff_t>(-left, 0, tile_width);
  const std::ptrdiff_t end = std::clamp(x_width - left, begin, tile_width);
  for (std::size_t r = 0; r < height; ++r, to += width) {
    const std::ptrdiff_t row = top + static_cast<std::ptrdiff_t>(r);
    std::fill(to, to + width, 0.0);
    if (row < 0 || row >= static_cast<std::ptrdiff_t>(x.height)) continue;
    const double* const line = x.data + x.step * static_cast<std::size_t>(row);
    if (begin < end) std::copy(line + (left + begin), line + (left + end), to + begin);
  }
}

}  // namespace

Tiles::Tiles(const Grid2& kernel)
    : taps_down_(kernel.height),
      taps_across_(kernel.width),
      rows_(plans().real(tile_length(kernel.width))),
      columns_(plans().complex(tile_length(kernel.height))),
      bins_(bins_step() * columns_->n) {
  AlignedBuffer<double> values(columns_->n * rows_->n);
  cut(kernel, 0, 0, columns_->n, rows_->n, values.data());
  to_bins(values.data(), bins_.data());
}

void Tiles::to_bins(const double* values, double* bins) const {
  const std::size_t step = bins_step();
  real_rows(*rows_, {values, rows_->n, bins, step, columns_->n});
  for (std::size_t r = 0; r < columns_->n; ++r) {
    std::fill(bins + step * r + 2 * rows_->bins(), bins + step * (r + 1), 0.0);
  }
  transform_columns(*columns_, Direction::kForward, 1.0, bins, step, 0, step / 2);
}

void Tiles::run(const Grid2& x, std::size_t tile_row, std::size_t tile_column, double* y) const {
  const std::size_t height = columns_->n;
  const std::size_t width = rows_->n;
  const std::size_t step = bins_step();
  const ThreadScratch values_memory(Scratch::kUser, height * width);
  double* const values = values_memory.data();
  const ThreadScratch bins_memory(Scratch::kBins, height * step);
  double* const bins = bins_memory.data();
  const auto top = static_cast<std::ptrdiff_t>(tile_row * down() + 1 - taps_down_);
  const auto left = static_cast<std::ptrdiff_t>(tile_column * across() + 1 - taps_across_);
  cut(x, top, left, height, width, values);
  to_bins(values, bins);
  multiply_bins(bins, bins_.data(), height * step / 2);
  transform_columns(*columns_, Direction::kInverse, 1.0, bins, step, 0, step / 2);
  const double scale = 1.0 / static_cast<double>(height * width);
  inverse_real_rows(*rows_, scale, {bins, step, values, width, height});
  for (std::size_t r = 0; r < down(); ++r) {
    const double* const from = values + width * (taps_down_ - 1 + r) + taps_across_ - 1;
    std::copy(from, from + across(), y + across() * r);
  }
}

}  // namespace weir::ops::fft
