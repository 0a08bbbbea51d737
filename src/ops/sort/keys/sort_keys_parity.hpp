// The parity cases of sort.keys.
#pragma once

#include "ops/parity/case.hpp"
#include "ops/sort/keys/sort_keys.hpp"
#include "ops/table/parity_keys.hpp"

namespace weir::ops {

template <>
struct Parity<SortKeys> {
  static std::vector<ParityCase<SortKeys>> cases(std::uint64_t seed) {
    std::vector<ParityCase<SortKeys>> cases;
    for (const ParityKeys& one : parity_keys(seed)) {
      cases.push_back({one.name, {one.keys}, one.data});
    }
    return cases;
  }
  static SortKeys::Output output(const SortKeys::Args& args) {
    return {parity::guarded<std::uint64_t>(args.keys.size())};
  }
  static std::string compare(const SortKeys::Args&, const SortKeys::Output& expected,
                             const SortKeys::Output& got) {
    return parity::bits_differ<std::uint64_t>(expected.keys, got.keys, "keys");
  }
};

}  // namespace weir::ops
