// stats.histogram: how many values of a column fall into each of some bins.
//
//   std::vector<std::uint64_t> counts(4);
//   Histogram::Output out{counts};
//   WEIR_TRY(Histogram::cpu(run, {.x = Values::of(x), .low = 0, .high = 4, .bins = 4}, out));
//   WEIR_TRY(Histogram::cpu(run, {.x = Values::of(x), .edges = edges}, out));   // edges - 1 bins
#pragma once

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"
#include "ops/stats/values.hpp"

namespace weir::ops {

// Class exact. Bin i is [edge i, edge i + 1), the last one [edge, edge]; with low, high and bins,
// edge i is low + i * ((high - low) / bins), the last one high. Shapes: [n] values -> [bins].
// Values below and above all bins, NaN and nulls are counted apart; infinities are below or above.
// Errors: invalid_argument for fewer than one or more than 2^24 bins, edges that are not finite or
// do not rise, an output of another length, a column of two types. Cost: one read; about 1 ns a
// value and core with equal bins, log2(bins) steps with edges. Devices take up to 1,024 bins.
struct Histogram {
  static constexpr OpInfo kInfo{.name = "stats.histogram",
                                .version = 1,
                                .numeric = NumericClass::kExact,
                                .quantum_rows = 1024,
                                .summary = "counts of values in bins"};
  static constexpr std::size_t kBinsMax = std::size_t{1} << 24;
  static constexpr std::size_t kDeviceBinsMax = 1024;

  struct Args {
    Values x;
    std::span<const double> edges = {};  // rising; empty: equal bins
    double low = 0;
    double high = 1;
    std::size_t bins = 0;  // without edges

    std::size_t bin_count() const { return edges.empty() ? bins : edges.size() - 1; }
  };
  struct Output {
    std::span<std::uint64_t> counts;
    std::uint64_t below = 0;
    std::uint64_t above = 0;
    std::uint64_t nans = 0;
    std::uint64_t nulls = 0;
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
