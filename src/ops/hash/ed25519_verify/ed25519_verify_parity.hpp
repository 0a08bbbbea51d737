// The parity cases of hash.ed25519_verify.
#pragma once

#include "ops/hash/ed25519_verify/ed25519_items.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<Ed25519Verify> {
  static std::vector<ParityCase<Ed25519Verify>> cases(std::uint64_t seed) {
    Philox rng(seed, 43);
    std::vector<ParityCase<Ed25519Verify>> cases;
    for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 31U, 33U, 65U}) {
      const auto items = std::make_shared<Ed25519Items>();
      items->sign(rng, count);
      for (std::size_t i = 0; i < count; i += 3) items->spoil(rng, i);
      cases.push_back({"rows=" + std::to_string(count), items->args(), items});
    }
    return cases;
  }
  static Ed25519Verify::Output output(const Ed25519Verify::Args& args) {
    return {parity::guarded<Ed25519Verdict>(args.keys.size())};
  }
  static std::string compare(const Ed25519Verify::Args&, const Ed25519Verify::Output& expected,
                             const Ed25519Verify::Output& got) {
    return parity::bits_differ<Ed25519Verdict>(expected.verdicts, got.verdicts, "verdict");
  }
};

}  // namespace weir::ops
