// fft.fft: discrete Fourier transforms of complex values, forward and inverse, many at once.
//
//   std::vector<Complex> y(x.size());
//   Fft::Output out{.y = y};
//   WEIR_TRY(Fft::cpu(run, {.x = x, .n = 1024}, out));                   // y[k] of each transform
//   WEIR_TRY(Fft::cpu(run, {.x = y, .n = 1024, .direction = fft::Direction::kInverse}, back));
//
// x [batch, n] row-major, y the same; y may be x. Forward: y[k] = sum over t of
// x[t] exp(-2 pi i t k / n); inverse: the conjugate, times 1 / n. n from 1 to 2^26, any: products
// of 2, 3, 5, 7, 11, 13 by stages, others by Bluestein's algorithm at four to six times the cost.
// Class tolerant: the relative error in the root mean square is at most 5 u log2 n (others: 20 u
// log2 n), u = 2^-53; a NaN or infinity spoils its own transform only. The bits do not depend on
// threads, on the batch or on the place in it. Errors: invalid_argument for lengths that do not
// fit. Cost: about 5 n log2 n flops and one read and write of the values; plans are kept (see
// fft/engine/plan.hpp). Devices take products of the radices up to 4,096, a few transforms a block.
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/fft/engine/engine.hpp"
#include "ops/fft/shape.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Fft {
  static constexpr OpInfo kInfo{.name = "fft.fft",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 16,
                                .summary = "discrete Fourier transforms of complex values",
                                .tolerance = "relative RMS error <= 5 u log2 n, Bluestein x 4"};
  struct Args {
    std::span<const Complex> x;
    std::size_t n = 0;
    fft::Direction direction = fft::Direction::kForward;
    std::size_t batch() const { return x.size() / n; }
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

}  // namespace weir::ops
