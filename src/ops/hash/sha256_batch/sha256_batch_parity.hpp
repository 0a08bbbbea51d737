// The parity cases of hash.sha256_batch.
#pragma once

#include "ops/hash/parity_messages.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<Sha256Batch> {
  static std::vector<ParityCase<Sha256Batch>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Sha256Batch>> cases;
    for (const ParityMessages& one : parity_messages(seed)) {
      cases.push_back({one.name, {one.view}, one.data});
    }
    return cases;
  }
  static Sha256Batch::Output output(const Sha256Batch::Args& args) {
    return {parity::guarded<Digest>(args.messages.size())};
  }
  static std::string compare(const Sha256Batch::Args&, const Sha256Batch::Output& expected,
                             const Sha256Batch::Output& got) {
    return parity::bits_differ<Digest>(expected.digests, got.digests, "digest");
  }
};

}  // namespace weir::ops
