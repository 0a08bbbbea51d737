// The parity cases of stats.sum.
#pragma once

#include "ops/parity/case.hpp"
#include "ops/stats/parity_columns.hpp"
#include "ops/stats/sum/sum.hpp"

namespace weir::ops {

template <>
struct Parity<Sum> {
  static std::vector<ParityCase<Sum>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Sum>> cases;
    for (const ParityColumn& column : parity_columns(seed)) {
      const auto nan = static_cast<NanPolicy>(cases.size() % 3);
      const auto method = static_cast<Sum::Method>(cases.size() / 3 % 2);
      cases.push_back({column.name, {.x = column.x, .method = method, .nan = nan}, column.data});
    }
    return cases;
  }
  static Sum::Output output(const Sum::Args&) { return {}; }
  static std::string compare(const Sum::Args&, const Sum::Output& expected,
                             const Sum::Output& got) {
    return parity::bits_differ(expected, got, "sum, count, nulls, nans, partial");
  }
};

}  // namespace weir::ops
