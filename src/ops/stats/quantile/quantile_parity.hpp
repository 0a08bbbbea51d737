// The parity cases of stats.quantile.
#pragma once

#include "ops/parity/case.hpp"
#include "ops/stats/parity_columns.hpp"
#include "ops/stats/quantile/quantile.hpp"

namespace weir::ops {

template <>
struct Parity<Quantile> {
  static std::vector<ParityCase<Quantile>> cases(std::uint64_t seed) {
    static constexpr double kFractions[] = {0.5, 0.0, 1.0, 0.25, 0.9, 0.999, 0.5, 1.0 / 3};
    static constexpr double kWrong[] = {0.5, 1.5};
    std::vector<ParityCase<Quantile>> cases;
    for (const ParityColumn& column : parity_columns(seed)) {
      const std::size_t i = cases.size();
      const Quantile::Args args{.x = column.x,
                                .q = std::span<const double>(kFractions).first(i % 9),
                                .interpolation = static_cast<Interpolation>(i % 5),
                                .nan = static_cast<NanPolicy>(i % 3)};
      cases.push_back({column.name, args, column.data});
    }
    cases.push_back({"a fraction above 1", {.x = {}, .q = kWrong}, nullptr});
    return cases;
  }
  static Quantile::Output output(const Quantile::Args& args) {
    return {parity::guarded<double>(args.q.size())};
  }
  static std::string compare(const Quantile::Args&, const Quantile::Output& expected,
                             const Quantile::Output& got) {
    const std::uint64_t counts[] = {expected.count, expected.nulls, expected.nans};
    const std::uint64_t got_counts[] = {got.count, got.nulls, got.nans};
    std::string difference = parity::bits_differ(counts, got_counts, "count, nulls, nans");
    return difference.empty() ? parity::bits_differ(std::span<const double>(expected.values),
                                                    std::span<const double>(got.values), "values")
                              : difference;
  }
};

}  // namespace weir::ops
