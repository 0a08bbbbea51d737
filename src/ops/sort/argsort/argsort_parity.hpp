// The parity cases of sort.argsort.
#pragma once

#include "ops/parity/case.hpp"
#include "ops/sort/argsort/argsort.hpp"
#include "ops/table/parity_keys.hpp"

namespace weir::ops {

template <>
struct Parity<Argsort> {
  static std::vector<ParityCase<Argsort>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Argsort>> cases;
    for (const ParityKeys& one : parity_keys(seed)) {
      cases.push_back({one.name, {one.keys, 1, one.keys.size()}, one.data});
      const std::size_t half = one.keys.size() / 2;
      if (cases.size() % 4 != 0) continue;
      cases.push_back({one.name + " two words", {one.keys.first(2 * half), 2, half}, one.data});
    }
    return cases;
  }
  static Argsort::Output output(const Argsort::Args& args) {
    return {parity::guarded<std::uint32_t>(args.rows)};
  }
  static std::string compare(const Argsort::Args&, const Argsort::Output& expected,
                             const Argsort::Output& got) {
    return parity::bits_differ<std::uint32_t>(expected.rows, got.rows, "rows");
  }
};

}  // namespace weir::ops
