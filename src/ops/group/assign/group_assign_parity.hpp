// The parity cases of group.assign.
#pragma once

#include "ops/group/assign/group_assign.hpp"
#include "ops/parity/case.hpp"
#include "ops/table/parity_keys.hpp"

namespace weir::ops {

template <>
struct Parity<GroupAssign> {
  static std::vector<ParityCase<GroupAssign>> cases(std::uint64_t seed) {
    std::vector<ParityCase<GroupAssign>> cases;
    for (const ParityKeys& one : parity_keys(seed)) {
      cases.push_back({one.name, {one.keys}, one.data});
    }
    return cases;
  }
  static GroupAssign::Output output(const GroupAssign::Args& args) {
    return {parity::guarded<std::uint32_t>(args.keys.size())};
  }
  static std::string compare(const GroupAssign::Args&, const GroupAssign::Output& expected,
                             const GroupAssign::Output& got) {
    std::string difference = parity::bits_differ<std::uint32_t>(expected.ids, got.ids, "ids");
    if (!difference.empty()) return difference;
    return parity::bits_differ<std::uint32_t>(expected.first_rows.span(), got.first_rows.span(),
                                              "first_rows");
  }
};

}  // namespace weir::ops
