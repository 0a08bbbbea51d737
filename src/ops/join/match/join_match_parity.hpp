// The parity cases of join.match.
#pragma once

#include "ops/join/match/join_match.hpp"
#include "ops/parity/case.hpp"
#include "ops/table/parity_keys.hpp"

namespace weir::ops {

template <>
struct Parity<JoinMatch> {
  static std::vector<ParityCase<JoinMatch>> cases(std::uint64_t seed) {
    std::vector<ParityCase<JoinMatch>> cases;
    for (const ParityKeys& one : parity_keys(seed)) {
      // A column of few keys with itself has too many pairs to be a test of anything else.
      const std::size_t right = std::min<std::size_t>(one.keys.size(), 40);
      const auto kind = static_cast<JoinKind>(cases.size() / 2 % 4);
      const auto some = one.keys.last(right);
      cases.push_back({one.name, {one.keys, some, {}, {}, kind}, one.data});
      cases.push_back({one.name + " nulls", {one.keys, some, one.bits, one.bits, kind}, one.data});
    }
    return cases;
  }
  static JoinMatch::Output output(const JoinMatch::Args&) { return {}; }
  static std::string compare(const JoinMatch::Args&, const JoinMatch::Output& expected,
                             const JoinMatch::Output& got) {
    std::string difference = parity::bits_differ<std::uint32_t>(expected.left_rows.span(),
                                                                got.left_rows.span(), "left_rows");
    if (!difference.empty()) return difference;
    return parity::bits_differ<std::uint32_t>(expected.right_rows.span(), got.right_rows.span(),
                                              "right_rows");
  }
};

}  // namespace weir::ops
