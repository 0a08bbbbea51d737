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
    // All lengths are slices of one batch, which OpenSSL signs once.
    const auto items = std::make_shared<Ed25519Items>();
    items->sign(rng, 140);
    for (std::size_t i = 0; i < items->size(); i += 3) items->spoil(rng, i);
    const auto add = [&](std::size_t from, std::size_t count) {
      const Ed25519Verify::Args all = items->args();
      cases.push_back({"rows=" + std::to_string(count) + " from " + std::to_string(from),
                       {all.keys.subspan(from, count), all.signatures.subspan(from, count),
                        all.messages.slice(from, count)},
                       items});
    };
    for (std::size_t count = 0; count < 20; ++count) add(count % 7, count);
    for (const std::size_t count : {31U, 32U, 33U, 63U, 65U}) add(count % 5, count);
    for (int i = 0; i < 8; ++i) {
      const std::uint32_t from = rng.next_below(70);
      add(from, rng.next_below(70));
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
