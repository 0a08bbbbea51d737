// The parity cases of group.sum.
#pragma once

#include "ops/group/sum/group_sum.hpp"
#include "ops/parity/case.hpp"
#include "ops/table/parity_keys.hpp"

namespace weir::ops {

template <>
struct Parity<GroupSum> {
  static std::vector<ParityCase<GroupSum>> cases(std::uint64_t seed) {
    std::vector<ParityCase<GroupSum>> cases;
    for (const ParityKeys& one : parity_keys(seed)) {
      // Groups without rows among them.
      const auto groups = static_cast<std::uint32_t>(1 + one.keys.size() / 3);
      auto ids = std::make_shared<std::vector<std::uint32_t>>();
      for (const std::uint64_t key : one.keys) {
        ids->push_back(static_cast<std::uint32_t>(key % groups));
      }
      struct Both {
        std::shared_ptr<const void> values;
        std::shared_ptr<const void> ids;
      };
      const auto data = std::make_shared<Both>(Both{one.data, ids});
      cases.push_back({one.name, {*ids, one.values, groups}, data});
      cases.push_back({one.name + " nulls", {*ids, one.values, groups, one.bits}, data});
    }
    return cases;
  }
  static GroupSum::Output output(const GroupSum::Args& args) {
    return {parity::guarded<double>(args.groups)};
  }
  static std::string compare(const GroupSum::Args&, const GroupSum::Output& expected,
                             const GroupSum::Output& got) {
    return parity::bits_differ<double>(expected.sums, got.sums, "sums");
  }
};

}  // namespace weir::ops
