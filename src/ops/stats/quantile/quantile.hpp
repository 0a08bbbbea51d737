// stats.quantile: exact quantiles of a column, several at once.
//
//   const double q[] = {0.5, 0.99};
//   double values[2];
//   Quantile::Output out{values};
//   WEIR_TRY(Quantile::cpu(run, {.x = Values::of(latencies), .q = q}, out));
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/op.hpp"
#include "ops/stats/values.hpp"

namespace weir::ops {

// What to give for a rank h = (n - 1) q that lies between two values a <= b.
enum class Interpolation : std::uint8_t {
  kLinear,    // a + (b - a) * t, t = h - floor(h); a * (1 - t) + b * t where b - a overflows
  kLower,     // a
  kHigher,    // b
  kNearest,   // the nearer one; halfway the one of even rank
  kMidpoint,  // a / 2 + b / 2
};

// Class exact: the values are selected, not estimated. Shapes: [n] values and [k] fractions of any
// order -> [k]. Zeros come out positive; infinities are values. Nulls are skipped. Without values
// count is 0 and the quantiles (null) are NaN; a propagated NaN makes all of them NaN. Errors:
// invalid_argument for a fraction out of [0, 1], outputs of another length, a column of two types,
// NaN with kRaise (names the row). Cost: two reads, about 2 ns a value and core, 256 KiB a thread
// and 8 bytes for each value that shares its upper 16 bits with a wanted one: all, if all are near.
struct Quantile {
  static constexpr OpInfo kInfo{.name = "stats.quantile",
                                .version = 1,
                                .numeric = NumericClass::kExact,
                                .quantum_rows = 1,
                                .summary = "exact quantiles of a column"};
  struct Args {
    Values x;
    std::span<const double> q;
    Interpolation interpolation = Interpolation::kLinear;
    NanPolicy nan = NanPolicy::kPropagate;
  };
  struct Output {
    std::span<double> values;
    std::uint64_t count = 0;  // values that the rest is about
    std::uint64_t nulls = 0;
    std::uint64_t nans = 0;  // among the values; with kOmit they are not in `count`
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);

  // The ranks that a fraction of n > 0 values needs, and what they come to.
  struct Ranks {
    std::size_t low;
    std::size_t high;
    double part;  // of the way from low to high
  };
  static Ranks ranks_of(double q, std::size_t n);
  static double between(Interpolation interpolation, const Ranks& ranks, double low, double high);
};

}  // namespace weir::ops
