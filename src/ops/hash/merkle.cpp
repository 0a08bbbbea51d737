#include "ops/hash/merkle.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "ops/hash/hash_batch.hpp"

namespace weir::ops {
namespace {

constexpr std::uint8_t kLeafPrefix[] = {0x00};
constexpr std::uint8_t kNodePrefix[] = {0x01};

// Replaces `level` by the level above, at its front, and returns the new size. An odd last node
// moves up unchanged, which gives the same tree as splitting at powers of two.
std::size_t raise(std::span<Digest> level) {
  const std::size_t pairs = level.size() / 2;
  constexpr std::size_t kChunk = 64;
  Digest parents[kChunk];
  for (std::size_t at = 0; at < pairs; at += kChunk) {
    const std::size_t count = std::min(kChunk, pairs - at);
    const Strided children{level[2 * at].data(), 2 * sizeof(Digest), 2 * sizeof(Digest)};
    sha256_strided(kNodePrefix, {&children, 1}, {parents, count});
    std::copy_n(parents, count, level.begin() + static_cast<std::ptrdiff_t>(at));
  }
  if (level.size() % 2 != 0) level[pairs] = level.back();
  return (level.size() + 1) / 2;
}

}  // namespace

Digest merkle_leaf(Bytes data) {
  Sha256 sha;
  sha.update(kLeafPrefix);
  sha.update(data);
  return sha.finish();
}

Digest merkle_node(const Digest& left, const Digest& right) {
  Sha256 sha;
  sha.update(kNodePrefix);
  sha.update(left);
  sha.update(right);
  return sha.finish();
}

Digest merkle_root_in_place(std::span<Digest> leaves) {
  if (leaves.empty()) return sha256({});
  while (leaves.size() > 1) leaves = leaves.first(raise(leaves));
  return leaves[0];
}

Digest merkle_root(std::span<const Digest> leaves) {
  std::vector<Digest> copy(leaves.begin(), leaves.end());
  return merkle_root_in_place(copy);
}

std::vector<Digest> merkle_proof(std::span<const Digest> leaves, std::uint64_t index) {
  CHECK_LT(index, leaves.size());
  std::vector<Digest> path;
  std::vector<Digest> copy(leaves.begin(), leaves.end());
  for (std::span<Digest> level = copy; level.size() > 1; level = level.first(raise(level))) {
    if ((index ^ 1) < level.size()) path.push_back(level[index ^ 1]);
    index /= 2;
  }
  return path;
}

bool merkle_verify(const Digest& leaf, std::uint64_t index, std::uint64_t count,
                   std::span<const Digest> path, const Digest& root) {
  if (index >= count) return false;
  Digest hash = leaf;
  std::size_t used = 0;
  for (std::uint64_t size = count; size > 1; size = size / 2 + size % 2, index /= 2) {
    if ((index ^ 1) >= size) continue;  // an odd last node has no sibling on this level
    if (used == path.size()) return false;
    const Digest& sibling = path[used++];
    hash = (index & 1) != 0 ? merkle_node(sibling, hash) : merkle_node(hash, sibling);
  }
  return used == path.size() && hash == root;
}

}  // namespace weir::ops
