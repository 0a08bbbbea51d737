// The parity cases of hash.merkle_verify.
#pragma once

#include <algorithm>
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

  static std::vector<ParityCase<MerkleVerify>> cases(std::uint64_t seed) {
    Philox rng(seed, 42);
    std::vector<ParityCase<MerkleVerify>> cases;
    for (std::size_t count = 0; count < 64; ++count) cases.push_back(of_tree(rng, count, 0));
    for (const std::size_t count : {65U, 130U}) cases.push_back(of_tree(rng, count, count / 3));
    for (int i = 0; i < 8; ++i) cases.push_back(of_tree(rng, 1 + rng.next_below(200), i));
    for (const std::uint64_t below : {0U, 1U}) cases.push_back(of_count(rng, ~below));
    cases.push_back(of_count(rng, std::uint64_t{1} << 63));
    return cases;
  }

  static Digest random_digest(Philox& rng) {
    Digest digest;
    for (std::uint8_t& byte : digest) byte = static_cast<std::uint8_t>(rng.next_u32());
    return digest;
  }

  // Each path of a tree from leaf `from` on: right, with a wrong leaf, at a wrong index, too short
  // and too long.
  static ParityCase<MerkleVerify> of_tree(Philox& rng, std::size_t count, std::size_t from) {
    const auto data = std::make_shared<Data>();
    std::vector<Digest> tree(count);
    for (Digest& leaf : tree) leaf = random_digest(rng);
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
    from = std::min(from, count);
    return {"rows=" + std::to_string(count) + " from " + std::to_string(from),
            {std::span(data->leaves).subspan(from), std::span(data->indices).subspan(from), count,
             data->path, std::span(data->path_offsets).subspan(from), merkle_root(tree)},
            data};
  }

  // Leaf 0 of a tree that nobody could hold: the right path, one too short, one digest alone.
  static ParityCase<MerkleVerify> of_count(Philox& rng, std::uint64_t count) {
    const auto data = std::make_shared<Data>();
    const Digest leaf = random_digest(rng);
    Digest root = leaf;
    std::vector<Digest> right;
    for (std::uint64_t size = count; size > 1; size = size / 2 + size % 2) {
      right.push_back(random_digest(rng));
      root = merkle_node(root, right.back());
    }
    for (const std::size_t length : {right.size(), right.size() - 1, std::size_t{1}}) {
      data->leaves.push_back(leaf);
      data->indices.push_back(0);
      data->path.insert(data->path.end(), right.begin(),
                        right.begin() + static_cast<std::ptrdiff_t>(length));
      data->path_offsets.push_back(data->path.size());
    }
    return {"a tree of " + std::to_string(count),
            {data->leaves, data->indices, count, data->path, data->path_offsets, root},
            data};
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
