// The transforms themselves, on interleaved complex values (re, im, re, im, ...) and on real ones.
//
//   transform_one(*plans().complex(n), Direction::kForward, 1.0, in, out);
//   transform_rows(*plans().complex(n), Direction::kInverse, 1.0 / n, {in, 2 * n, out, 2 * n, 64});
//
// Two forms compute the same operations on the same operands: one takes as many transforms as a
// vector has lanes, one vectorises within a transform. Which of them runs cannot be seen in the
// bits. Multiplication and addition are fused where the target has it, so bits may differ between
// instruction sets. Output may be the input. Each thread keeps its working memory, up to 128 MiB of
// a kind: a call allocates when a length is larger than any before on that thread, and each time
// when it takes more than those (from 2^23 values on, a tenth of its time). Thread-safe.
#pragma once

#include <cstddef>

#include "ops/fft/engine/plan.hpp"
#include "ops/workers.hpp"

namespace weir::ops::fft {

enum class Direction : std::uint8_t { kForward, kInverse };

// `count` transforms; steps from one to the next in doubles.
struct Rows {
  const double* in;
  std::size_t in_step;
  double* out;
  std::size_t out_step;
  std::size_t count;
};

// out = scale * sum over t of in[t] * exp(-+ 2 pi i t k / n), for k = 0..n-1.
void transform_one(const Plan& plan, Direction direction, double scale, const double* in,
                   double* out);
void transform_rows(const Plan& plan, Direction direction, double scale, const Rows& rows);
// n real values to n / 2 + 1 bins.
void real_rows(const RealPlan& plan, const Rows& rows);
// n / 2 + 1 bins to n real values times `scale`; of bin 0, and of bin n / 2 for even n, the
// imaginary part is not read.
void inverse_real_rows(const RealPlan& plan, double scale, const Rows& rows);

// Transforms columns [begin, end) of a matrix of plan.n rows, in place; row i begins at
// matrix + i * step, a column is a complex value.
void transform_columns(const Plan& plan, Direction direction, double scale, double* matrix,
                       std::size_t step, std::size_t begin, std::size_t end);

// bins[k] *= factors[k] for n complex values.
void multiply_bins(double* bins, const double* factors, std::size_t n);

// Transforms on several threads: many transforms share them out, a few long ones are shared out
// themselves. The bits do not depend on how many there are.
void transform_rows(Workers& workers, const Plan& plan, Direction direction, double scale,
                    const Rows& rows);
void real_rows(Workers& workers, const RealPlan& plan, const Rows& rows);
void inverse_real_rows(Workers& workers, const RealPlan& plan, double scale, const Rows& rows);

}  // namespace weir::ops::fft
