// The parity cases of stats.histogram.
#pragma once

#include "ops/parity/case.hpp"
#include "ops/stats/histogram/histogram.hpp"
#include "ops/stats/parity_columns.hpp"

namespace weir::ops {

template <>
struct Parity<Histogram> {
  static std::vector<ParityCase<Histogram>> cases(std::uint64_t seed) {
    static constexpr double kEdges[] = {-25, -3, 0, 0.1, 17, 50, 51, 1e8};
    static constexpr double kFalling[] = {0, 2, 1};
    static constexpr std::size_t kBins[] = {1, 3, 64, 1000, 5000};
    std::vector<ParityCase<Histogram>> cases;
    for (const ParityColumn& column : parity_columns(seed)) {
      const std::size_t i = cases.size();
      Histogram::Args args{.x = column.x, .low = -20.1, .high = 61.7, .bins = kBins[i % 5]};
      if (i % 3 == 2) args.edges = kEdges;
      cases.push_back({column.name, args, column.data});
    }
    cases.push_back({"edges that fall", {.x = {}, .edges = kFalling}, nullptr});
    cases.push_back({"no bins", {.x = {}, .bins = 0}, nullptr});
    return cases;
  }
  static Histogram::Output output(const Histogram::Args& args) {
    if (!Histogram::check(args).is_ok()) return {};
    return {parity::guarded<std::uint64_t>(args.bin_count())};
  }
  static std::string compare(const Histogram::Args&, const Histogram::Output& expected,
                             const Histogram::Output& got) {
    const auto apart = [](const Histogram::Output& out) {
      return std::vector<std::uint64_t>{out.below, out.above, out.nans, out.nulls};
    };
    const auto a = apart(expected);
    const auto b = apart(got);
    std::string difference =
        parity::bits_differ(std::span<const std::uint64_t>(a), std::span<const std::uint64_t>(b),
                            "below, above, nans, nulls");
    return difference.empty()
               ? parity::bits_differ(std::span<const std::uint64_t>(expected.counts),
                                     std::span<const std::uint64_t>(got.counts), "counts")
               : difference;
  }
};

}  // namespace weir::ops
