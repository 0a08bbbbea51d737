// The parity cases of hash.merkle_root.
#pragma once

#include "ops/hash/merkle_root/merkle_root.hpp"
#include "ops/hash/parity_messages.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<MerkleRoot> {
  static std::vector<ParityCase<MerkleRoot>> cases(std::uint64_t seed) {
    std::vector<ParityCase<MerkleRoot>> cases;
    for (const ParityMessages& one : parity_messages(seed)) {
      cases.push_back({one.name, {one.view}, one.data});
    }
    return cases;
  }
  static MerkleRoot::Output output(const MerkleRoot::Args&) { return {}; }
  static std::string compare(const MerkleRoot::Args&, const MerkleRoot::Output& expected,
                             const MerkleRoot::Output& got) {
    return parity::bits_differ(expected.root, got.root, "root");
  }
};

}  // namespace weir::ops
