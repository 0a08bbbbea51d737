// The parity cases of hash.xxh3_batch.
#pragma once

#include "ops/hash/parity_messages.hpp"
#include "ops/hash/xxh3_batch/xxh3_batch.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<Xxh3Batch> {
  static std::vector<ParityCase<Xxh3Batch>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Xxh3Batch>> cases;
    for (const ParityMessages& one : parity_messages(seed)) {
      cases.push_back({one.name, {one.view}, one.data});
    }
    return cases;
  }
  static Xxh3Batch::Output output(const Xxh3Batch::Args& args) {
    return {parity::guarded<std::uint64_t>(args.messages.size())};
  }
  static std::string compare(const Xxh3Batch::Args&, const Xxh3Batch::Output& expected,
                             const Xxh3Batch::Output& got) {
    return parity::bits_differ<std::uint64_t>(expected.hashes, got.hashes, "hash");
  }
};

}  // namespace weir::ops
