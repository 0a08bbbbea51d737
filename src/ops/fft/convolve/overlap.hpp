// OverlapSave: convolution with one kernel in blocks of transforms.
//
//   const OverlapSave blocks(kernel);
//   blocks.run(x, 3, y);   // y[0 .. hop) = full[3 hop .. 4 hop)
//
// Block b of a series always holds the same values, wherever the series is cut, and its length
// follows from the kernel's alone. Immutable, thread-safe; run() uses working memory of the thread.
#pragma once

#include <memory>
#include <span>

#include "base/aligned.hpp"
#include "ops/fft/engine/plan.hpp"

namespace weir::ops::fft {

class OverlapSave {
 public:
  explicit OverlapSave(std::span<const double> kernel);

  std::size_t length() const { return plan_->n; }
  std::size_t hop() const { return plan_->n - taps_ + 1; }

  // Block `block` of the full convolution of x; values beyond the ends of x are zero.
  void run(std::span<const double> x, std::size_t block, double* y) const;
  // The same of length() values, the first length() - hop() of them those before the block; it
  // overwrites them.
  void run_held(double* values, double* y) const;

 private:
  std::size_t taps_;
  std::shared_ptr<const RealPlan> plan_;
  AlignedBuffer<double> bins_;
};

}  // namespace weir::ops::fft
