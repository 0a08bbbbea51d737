// stats.moments: count, mean, variance, skewness, kurtosis and extremes of a column, in one pass.
//
//   MomentsOf::Output out;
//   WEIR_TRY(MomentsOf::cpu(run, {.x = Values::of(prices), .ddof = 1}, out));
//   out.mean; if (out.skewness) *out.skewness;
#pragma once

#include <optional>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"
#include "ops/stats/pieces.hpp"
#include "ops/stats/values.hpp"

namespace weir::ops {

// What a run of values has: joined in the canonical order, extremes in any.
struct MomentsPartial {
  numeric::Moments moments;
  double min = numeric::kInfinity;
  double max = -numeric::kInfinity;
};

struct MomentsJoin {
  WEIR_HD MomentsPartial operator()(const MomentsPartial& a, const MomentsPartial& b) const {
    return {numeric::CanonicalJoin{}(a.moments, b.moments), b.min < a.min ? b.min : a.min,
            a.max < b.max ? b.max : a.max};
  }
};

// Class fixed: the moments of base/numeric/canonical.hpp, and from them, with v = m2 / n,
//   variance m2 / (n - ddof)   skewness (m3 / n) / (v * sqrt(v))   kurtosis (m4 / n) / (v * v) - 3
// With bias = false the corrected forms: skewness * (sqrt(n * (n - 1)) / (n - 2)), and
// kurtosis ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * k + 6). Null (nullopt): all but count
// without values; variance for n <= ddof; skewness and kurtosis of a constant column (v <= (1e-15
// |mean|)^2), where v sqrt(v) or v v is no normal number (a standard deviation below 1e-102 or
// 1e-77, or beyond 1e102 or 1e77), and corrected of fewer than 3 or 4 values. A propagated NaN
// makes every number NaN; zeros among the extremes are positive. Nulls keep their place and add
// nothing. Errors: invalid_argument for ddof > 1, a column of two types, NaN with kRaise (names the
// row). Cost: one read; about .2 ns a value and core with AVX-512. Allocates 96 bytes for 65,536
// values.
struct MomentsOf {
  static constexpr OpInfo kInfo{.name = "stats.moments",
                                .version = 1,
                                .numeric = NumericClass::kFixed,
                                .quantum_rows = 1024,
                                .summary = "mean, variance, skewness, kurtosis and extremes"};
  struct Args {
    Values x;
    unsigned ddof = 0;  // 0 or 1
    bool bias = true;
    NanPolicy nan = NanPolicy::kPropagate;
  };
  struct Output {
    std::uint64_t count = 0;  // values that the rest is about
    std::uint64_t nulls = 0;
    std::uint64_t nans = 0;  // among the values; with kOmit they are not in `count`
    std::optional<double> mean;
    std::optional<double> variance;
    std::optional<double> skewness;
    std::optional<double> kurtosis;
    std::optional<double> min;
    std::optional<double> max;
    // What CanonicalCounter joins where this column is a piece of a longer one.
    MomentsPartial partial = {};
  };

  static Status check(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
  // Works out the answer from what the column came to.
  static Status finish(const Args& args, const Piece<MomentsPartial>& whole, Output& out);
};

}  // namespace weir::ops
