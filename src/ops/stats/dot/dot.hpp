// stats.dot: the sum of the products of two columns.
//
//   Dot::Output out;
//   WEIR_TRY(Dot::cpu(run, {.x = Values::of(prices), .y = Values::of(amounts)}, out));
//   out.dot;
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"
#include "ops/stats/values.hpp"

namespace weir::ops {

// Class fixed: the canonical sum (base/numeric/canonical.hpp) of the rounded products. A pair with
// a null on either side keeps its place and adds nothing; NaN propagates, as the positive quiet
// one. Shapes: [n], [n] -> one number; without pairs 0. f32 values are widened first, so that
// their products are exact. Errors: invalid_argument for two lengths or a column of two types.
// Cost: one read of both columns, limited by memory. Allocates one number for 65,536 values.
struct Dot {
  static constexpr OpInfo kInfo{.name = "stats.dot",
                                .version = 1,
                                .numeric = NumericClass::kFixed,
                                .quantum_rows = 1024,
                                .summary = "sum of the products of two columns"};
  struct Args {
    Values x;
    Values y;
  };
  struct Output {
    double dot = 0;
    std::uint64_t count = 0;  // pairs without a null
    friend bool operator==(const Output&, const Output&) = default;
  };

  static Status check(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
