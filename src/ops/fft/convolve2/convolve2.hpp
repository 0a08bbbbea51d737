// fft.convolve2: the convolution of a matrix with a kernel.
//
//   Convolve2::Args args{.x = x, .height = 480, .width = 640, .kernel = k, .kernel_height = 5,
//                        .kernel_width = 5, .part = fft::Part::kSame};
//   std::vector<double> y(args.size());
//   Convolve2::Output out{.y = y};
//   WEIR_TRY(Convolve2::cpu(run, args, out));
//
// x [height, width], kernel [kernel_height, kernel_width], y [out_height, out_width], row-major.
// full[i, j] = sum over p, q of kernel[p, q] x[i - p, j - q], places beyond the edges of x count
// nothing; parts as for fft.convolve, in each direction. Methods: direct, terms in rising p, then
// q; fft, in tiles whose sides follow the kernel's alone, cut from the first place of the full one;
// auto, by the number of the kernel's terms. y must not overlap x or kernel. Class tolerant, bounds
// as for fft.convolve with a tile's values. Errors: invalid_argument for shapes that do not fit, a
// side of x beyond 2^31, an empty kernel, one with a side beyond kKernelSideMax, `valid` where the
// kernel is larger than x.
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/fft/convolve/method.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Convolve2 {
  static constexpr OpInfo kInfo{.name = "fft.convolve2",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "convolution of a matrix with a kernel",
                                .tolerance = "8 u log2 N norm2(kernel) norm2(tile)"};
  static constexpr std::size_t kKernelSideMax = 1024;

  struct Args {
    std::span<const double> x;
    std::size_t height = 0;
    std::size_t width = 0;
    std::span<const double> kernel;
    std::size_t kernel_height = 0;
    std::size_t kernel_width = 0;
    fft::Part part = fft::Part::kFull;
    fft::Method method = fft::Method::kAuto;
    std::size_t out_height() const { return fft::part_size(height, kernel_height, part); }
    std::size_t out_width() const { return fft::part_size(width, kernel_width, part); }
    std::size_t size() const { return out_height() * out_width(); }
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
