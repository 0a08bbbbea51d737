#include "ops/fft/convolve/overlap.hpp"

#include <algorithm>

#include "ops/fft/convolve/method.hpp"
#include "ops/fft/engine/engine.hpp"
#include "ops/fft/engine/scratch.hpp"

namespace weir::ops::fft {

OverlapSave::OverlapSave(std::span<const double> kernel)
    : taps_(kernel.size()),
      plan_(plans().real(block_length(kernel.size()))),
      bins_(2 * plan_->bins()) {
  AlignedBuffer<double> padded(plan_->n);
  std::copy(kernel.begin(), kernel.end(), padded.begin());
  real_rows(*plan_, {padded.data(), 0, bins_.data(), 0, 1});
}

void OverlapSave::run_held(double* values, double* y) const {
  const std::size_t n = plan_->n;
  const ThreadScratch bins_memory(Scratch::kBins, 2 * plan_->bins());
  double* const bins = bins_memory.data();
  real_rows(*plan_, {values, 0, bins, 0, 1});
  multiply_bins(bins, bins_.data(), plan_->bins());
  inverse_real_rows(*plan_, 1.0 / static_cast<double>(n), {bins, 0, values, 0, 1});
  std::copy(values + taps_ - 1, values + n, y);
}

void OverlapSave::run(std::span<const double> x, std::size_t block, double* y) const {
  const std::size_t n = plan_->n;
  const ThreadScratch values_memory(Scratch::kUser, n);
  double* const values = values_memory.data();
  // Place i of the block is place block * hop - (taps - 1) + i of the series.
  const std::size_t before = taps_ - 1;
  const std::size_t start = block * hop();
  const std::size_t zeros = start >= before ? 0 : before - start;
  const std::size_t from = std::min(x.size(), start >= before ? start - before : 0);
  const std::size_t have = std::min(n - zeros, x.size() - from);
  std::fill(values, values + zeros, 0.0);
  std::copy_n(x.data() + from, have, values + zeros);
  std::fill(values + zeros + have, values + n, 0.0);
  run_held(values, y);
}

}  // namespace weir::ops::fft
