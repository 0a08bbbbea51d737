// The parity cases of stats.dot.
#pragma once

#include "ops/parity/case.hpp"
#include "ops/stats/dot/dot.hpp"
#include "ops/stats/parity_columns.hpp"

namespace weir::ops {

template <>
struct Parity<Dot> {
  static std::vector<ParityCase<Dot>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Dot>> cases;
    for (const ParityColumn& column : parity_columns(seed)) {
      const std::size_t i = cases.size();
      auto other = std::make_shared<ParityColumn>(
          parity_column("", seed + 1000 + i, column.x.size(), i % 7, ParityContent::kUsual,
                        i % 4 == 1, i % 5 == 2 ? 0.2 : 0.0));
      auto both =
          std::make_shared<std::pair<ParityColumn, std::shared_ptr<ParityColumn>>>(column, other);
      cases.push_back({column.name, {.x = column.x, .y = other->x}, both});
    }
    cases.push_back({"two lengths", {.x = cases[3].args.x, .y = cases[4].args.x}, cases[3].data});
    return cases;
  }
  static Dot::Output output(const Dot::Args&) { return {}; }
  static std::string compare(const Dot::Args&, const Dot::Output& expected,
                             const Dot::Output& got) {
    return parity::bits_differ(expected, got, "dot, count");
  }
};

}  // namespace weir::ops
