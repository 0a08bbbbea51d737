// The parity cases of hash.merkle_proof.
#pragma once

#include "ops/hash/merkle_proof/merkle_proof.hpp"
#include "ops/hash/parity_messages.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<MerkleProof> {
  static std::vector<ParityCase<MerkleProof>> cases(std::uint64_t seed) {
    std::vector<ParityCase<MerkleProof>> cases;
    for (const ParityMessages& one : parity_messages(seed)) {
      const std::uint64_t count = one.view.size();  // an index beyond the messages is refused
      for (const std::uint64_t index : {std::uint64_t{0}, count / 3, count - 1, count}) {
        cases.push_back(
            {one.name + " index=" + std::to_string(index), {one.view, index}, one.data});
      }
    }
    return cases;
  }
  static MerkleProof::Output output(const MerkleProof::Args&) { return {}; }
  static std::string compare(const MerkleProof::Args&, const MerkleProof::Output& expected,
                             const MerkleProof::Output& got) {
    return parity::bits_differ<Digest>(expected.path, got.path, "path");
  }
};

}  // namespace weir::ops
