#include <bit>

#include "base/check.hpp"
#include "ops/hash/hash_batch.hpp"
#include "ops/hash/merkle.hpp"

namespace weir::ops::reference {

void sha256_batch(Bytes bytes, std::span<const std::uint64_t> offsets, std::span<Digest> digests) {
  CHECK_EQ(offsets.size(), digests.size() + 1);
  for (std::size_t i = 0; i < digests.size(); ++i) {
    digests[i] = sha256(bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]));
  }
}

void sha256_prefixed(Bytes prefix, Bytes bytes, std::span<const std::uint64_t> offsets,
                     std::span<Digest> digests) {
  CHECK_EQ(offsets.size(), digests.size() + 1);
  for (std::size_t i = 0; i < digests.size(); ++i) {
    Sha256 sha;
    sha.update(prefix);
    sha.update(bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]));
    digests[i] = sha.finish();
  }
}

void sha256_strided(Bytes prefix, std::span<const Strided> pieces, std::span<Digest> digests) {
  for (std::size_t i = 0; i < digests.size(); ++i) {
    Sha256 sha;
    sha.update(prefix);
    for (const Strided& piece : pieces) sha.update({piece.data + i * piece.stride, piece.bytes});
    digests[i] = sha.finish();
  }
}

Digest merkle_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256({});
  if (leaves.size() == 1) return leaves[0];
  const std::size_t split = std::bit_floor(leaves.size() - 1);
  return merkle_node(merkle_root(leaves.first(split)), merkle_root(leaves.subspan(split)));
}

std::vector<Digest> merkle_proof(std::span<const Digest> leaves, std::uint64_t index) {
  CHECK_LT(index, leaves.size());
  if (leaves.size() == 1) return {};
  const std::size_t split = std::bit_floor(leaves.size() - 1);
  const bool left = index < split;
  std::vector<Digest> path = left ? merkle_proof(leaves.first(split), index)
                                  : merkle_proof(leaves.subspan(split), index - split);
  path.push_back(merkle_root(left ? leaves.subspan(split) : leaves.first(split)));
  return path;
}

}  // namespace weir::ops::reference
