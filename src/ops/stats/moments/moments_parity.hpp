// The parity cases of stats.moments.
#pragma once

#include "ops/parity/case.hpp"
#include "ops/stats/moments/moments.hpp"
#include "ops/stats/parity_columns.hpp"

namespace weir::ops {

template <>
struct Parity<MomentsOf> {
  using Args = MomentsOf::Args;
  using Output = MomentsOf::Output;

  static std::vector<ParityCase<MomentsOf>> cases(std::uint64_t seed) {
    std::vector<ParityCase<MomentsOf>> cases;
    for (const ParityColumn& column : parity_columns(seed)) {
      const auto i = static_cast<unsigned>(cases.size());
      const Args args{
          .x = column.x, .ddof = i % 2, .bias = i % 4 < 2, .nan = static_cast<NanPolicy>(i % 3)};
      cases.push_back({column.name, args, column.data});
    }
    auto constant = std::make_shared<std::vector<double>>(1500, 0.1);
    cases.push_back({"constant", {.x = Values::of(std::span<const double>(*constant))}, constant});
    return cases;
  }
  static Output output(const Args&) { return {}; }
  static std::string compare(const Args&, const Output& expected, const Output& got) {
    const std::uint64_t counts[] = {expected.count, expected.nulls, expected.nans};
    const std::uint64_t got_counts[] = {got.count, got.nulls, got.nans};
    std::string difference = parity::bits_differ(counts, got_counts, "count, nulls, nans");
    const auto compare_one = [&](const std::optional<double>& a, const std::optional<double>& b,
                                 const char* what) {
      if (!difference.empty()) return;
      if (a.has_value() != b.has_value()) {
        difference = std::string(what) + (a ? ": expected a value" : ": expected null");
      } else if (a) {
        difference = parity::bits_differ(*a, *b, what);
      }
    };
    compare_one(expected.mean, got.mean, "mean");
    compare_one(expected.variance, got.variance, "variance");
    compare_one(expected.skewness, got.skewness, "skewness");
    compare_one(expected.kurtosis, got.kurtosis, "kurtosis");
    compare_one(expected.min, got.min, "min");
    compare_one(expected.max, got.max, "max");
    if (difference.empty()) {
      difference = parity::bits_differ(expected.partial.moments, got.partial.moments, "partial");
    }
    return difference;
  }
};

}  // namespace weir::ops
