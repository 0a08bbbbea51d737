// fft.fft2: discrete Fourier transforms of complex matrices, forward and inverse.
//
//   Fft2::Output out{.y = y};
//   WEIR_TRY(Fft2::cpu(run, {.x = x, .height = 480, .width = 640}, out));
//
// x [batch, height, width] row-major, y the same; y may be x. y[j, k] = sum over s, t of x[s, t]
// exp(-2 pi i (s j / height + t k / width)); the inverse is the conjugate, times 1 / (height
// width). Rows are transformed as by fft.fft, then columns, side by side in the lanes of vectors.
// Class, tolerance (of n = height * width, Bluestein if that has other factors) and errors as for
// fft.fft.
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/fft/engine/engine.hpp"
#include "ops/fft/shape.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Fft2 {
  static constexpr OpInfo kInfo{.name = "fft.fft2",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "discrete Fourier transforms of complex matrices",
                                .tolerance = "relative RMS error <= 5 u log2 n, Bluestein x 4"};
  struct Args {
    std::span<const Complex> x;
    std::size_t height = 0;
    std::size_t width = 0;
    fft::Direction direction = fft::Direction::kForward;
    std::size_t batch() const { return x.size() / (height * width); }
  };
  struct Output {
    std::span<Complex> y;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
