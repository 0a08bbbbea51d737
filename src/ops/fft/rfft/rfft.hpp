// fft.rfft and fft.irfft: discrete Fourier transforms of real values, and back, many at once.
//
//   std::vector<Complex> y(batch * (n / 2 + 1));
//   Rfft::Output out{.y = y};
//   WEIR_TRY(Rfft::cpu(run, {.x = x, .n = n}, out));
//   Irfft::Output back{.y = x};
//   WEIR_TRY(Irfft::cpu(run, {.x = y, .n = n}, back));   // x again, to rounding
//
// Rfft: x [batch, n], y [batch, n / 2 + 1]: bins 0..n/2 of fft.fft; the others are conjugates.
// Irfft: x [batch, n / 2 + 1], y [batch, n], times 1 / n; the imaginary part of bin 0, and for even
// n of bin n / 2, is not read. Memory of x and y must not overlap. Even n cost half of fft.fft, odd
// n as much. Otherwise as fft.fft: class, tolerance, errors; devices take an even n where fft.fft
// takes n / 2 there, an odd one where it takes n.
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/fft/shape.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Rfft {
  static constexpr OpInfo kInfo{.name = "fft.rfft",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 16,
                                .summary = "discrete Fourier transforms of real values",
                                .tolerance = "relative RMS error <= 5 u log2 n, Bluestein x 4"};
  struct Args {
    std::span<const double> x;
    std::size_t n = 0;
    std::size_t batch() const { return x.size() / n; }
    std::size_t bins() const { return n / 2 + 1; }
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
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

struct Irfft {
  static constexpr OpInfo kInfo{.name = "fft.irfft",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 16,
                                .summary = "real values of the bins of fft.rfft",
                                .tolerance = "relative RMS error <= 5 u log2 n, Bluestein x 4"};
  struct Args {
    std::span<const Complex> x;
    std::size_t n = 0;
    std::size_t batch() const { return x.size() / bins(); }
    std::size_t bins() const { return n / 2 + 1; }
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
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
