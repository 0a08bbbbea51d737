// stats.sum: the sum of a column.
//
//   Sum::Output out;
//   WEIR_TRY(Sum::cpu(run, {.x = Values::of(prices)}, out));
//   out.sum; out.count;
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"
#include "ops/stats/pieces.hpp"
#include "ops/stats/values.hpp"

namespace weir::ops {

// Class fixed: the canonical order of base/numeric/canonical.hpp. A value that is null, or NaN and
// omitted, keeps its place in that order and adds nothing. Shapes: [n] -> one number; without
// values count and sum are 0. `neumaier` carries the rounding errors along: error <= u |S| + 2 (n
// u)^2 sum |x|, u = 2^-53; f32 values are widened first. A NaN result is the positive quiet one.
// Errors: invalid_argument for a column of two types, for NaN with kRaise (names the row). Cost:
// one read; one core keeps up with memory either way. Allocates one number for 65,536 values.
struct Sum {
  static constexpr OpInfo kInfo{.name = "stats.sum",
                                .version = 1,
                                .numeric = NumericClass::kFixed,
                                .quantum_rows = 1024,
                                .summary = "sum of a column, canonical or compensated"};
  enum class Method : std::uint8_t { kCanonical, kNeumaier };
  struct Args {
    Values x;
    Method method = Method::kCanonical;
    NanPolicy nan = NanPolicy::kPropagate;
  };
  struct Output {
    double sum = 0;
    std::uint64_t count = 0;  // values added
    std::uint64_t nulls = 0;
    std::uint64_t nans = 0;  // among the values; with kOmit they are not in `count`
    // What CanonicalCounter joins where this column is a piece of a longer one; without error for
    // kCanonical.
    numeric::Compensated partial = {};
    friend bool operator==(const Output&, const Output&) = default;
  };

  static Status check(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
  // Works out the answer from what the column came to.
  static Status finish(const Args& args, const Piece<numeric::Compensated>& whole, Output& out);
};

}  // namespace weir::ops
