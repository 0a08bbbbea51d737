// fft.convolve: the convolution of a series with a kernel.
//
//   const double half[] = {.5, .5};
//   Convolve::Args args{.x = x, .kernel = half, .part = fft::Part::kSame};
//   std::vector<double> y(args.size());
//   Convolve::Output out{.y = y};
//   WEIR_TRY(Convolve::cpu(run, args, out));
//
// full[i] = sum over k of kernel[k] x[i - k], i = 0..n + m - 2, values beyond the ends of x count
// nothing. Parts: full; same: n values from (m - 1) / 2 on; valid: n - m + 1 values from m - 1 on,
// those that need nothing beyond the ends. An empty x gives an empty result in `full` and `same`.
// Methods: direct, one multiplication and addition a term in rising k; fft, overlap-save with
// blocks whose length follows the kernel's alone; auto, by the kernel's length alone: so any cut of
// a series into pieces gives the same bits (see stream.hpp). y must not overlap x or kernel.
// Class tolerant: |error| <= (m + 2) u sum of |kernel[k] x[i - k]| (direct), <= 8 u log2 N
// norm2(kernel) norm2(the block of x), N the block's length (fft; a NaN or infinity spoils its
// block). Errors: invalid_argument for an empty kernel, one beyond kKernelMax, `valid` of a series
// shorter than the kernel. Threads do not change bits. Cost: n m, or about 8 n log2 N, flops.
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/fft/convolve/method.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Convolve {
  static constexpr OpInfo kInfo{.name = "fft.convolve",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "convolution of a series with a kernel",
                                .tolerance = "8 u log2 N norm2(kernel) norm2(block)"};
  struct Args {
    std::span<const double> x;
    std::span<const double> kernel;
    fft::Part part = fft::Part::kFull;
    fft::Method method = fft::Method::kAuto;
    // How many values the result has; 0 where check() fails.
    std::size_t size() const { return fft::part_size(x.size(), kernel.size(), part); }
  };
  struct Output {
    std::span<double> y;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
