// The parity cases of hash.merkle_verify.
#pragma once

#include <vector>

#include "base/rng.hpp"
#include "ops/hash/merkle.hpp"
#include "ops/hash/merkle_verify/merkle_verify.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<MerkleVerify> {
  struct Data {
    std::vector<Digest> leaves;
    std::vector<std::uint64_t> indices;
    std::vector<Digest> path;
    std::vector<std::uint64_t> path_offsets{0};
  };

  // Each path of a tree: right, with a wrong leaf, at a wrong index, too short and too long.
  static std::vector<ParityCase<MerkleVerify>> cases(std::uint64_t seed) {
    Philox rng(seed, 42);
    std::vector<ParityCase<MerkleVerify>> cases;
    for (const std::size_t count : {0U, 1U, 2U, 31U, 32U, 33U, 65U, 130U}) {
      const auto data = std::make_shared<Data>();
      std::vector<Digest> tree(count);
      for (Digest& leaf : tree) {
        for (std::uint8_t& byte : leaf) byte = static_cast<std::uint8_t>(rng.next_u32());
      }
      for (std::size_t i = 0; i < count; ++i) {
        std::vector<Digest> own = merkle_proof(tree, i);
        data->leaves.push_back(tree[i]);
        data->indices.push_back(i);
        const std::uint32_t wrong = rng.next_below(8);
        if (wrong == 0) data->leaves.back()[7] ^= 4;
        if (wrong == 1) data->indices.back() = rng.next_below(200);
        if (wrong == 2 && !own.empty()) own.pop_back();
        if (wrong == 3) own.push_back(tree[0]);
        data->path.insert(data->path.end(), own.begin(), own.end());
        data->path_offsets.push_back(data->path.size());
      }
      cases.push_back(
          {"rows=" + std::to_string(count),
           {data->leaves, data->indices, count, data->path, data->path_offsets, merkle_root(tree)},
           data});
    }
    return cases;
  }
  static MerkleVerify::Output output(const MerkleVerify::Args& args) {
    return {parity::guarded<std::uint8_t>(args.leaves.size())};
  }
  static std::string compare(const MerkleVerify::Args&, const MerkleVerify::Output& expected,
                             const MerkleVerify::Output& got) {
    return parity::bits_differ<std::uint8_t>(expected.valid, got.valid, "valid");
  }
};

}  // namespace weir::ops
