// The parity cases of filter.compact.
#pragma once

#include <bit>

#include "ops/filter/compact/compact.hpp"
#include "ops/parity/case.hpp"
#include "ops/table/parity_keys.hpp"

namespace weir::ops {

template <>
struct Parity<Compact> {
  static std::vector<ParityCase<Compact>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Compact>> cases;
    for (const ParityKeys& one : parity_keys(seed)) {
      const std::span<const char> bytes{reinterpret_cast<const char*>(one.keys.data()),
                                        one.keys.size_bytes()};
      const std::size_t rows = one.keys.size();
      cases.push_back({one.name + " wide", {one.bits, rows, bytes, 8}, one.data});
      cases.push_back({one.name + " narrow", {one.bits, rows, bytes.first(rows * 4), 4}, one.data});
    }
    return cases;
  }
  static Compact::Output output(const Compact::Args& args) {
    std::size_t kept = 0;
    for (const std::uint64_t word : args.bits)
      kept += static_cast<std::size_t>(std::popcount(word));
    return {parity::guarded<char>(kept * args.width)};
  }
  static std::string compare(const Compact::Args&, const Compact::Output& expected,
                             const Compact::Output& got) {
    return parity::bits_differ<char>(expected.values, got.values, "bytes");
  }
};

}  // namespace weir::ops
