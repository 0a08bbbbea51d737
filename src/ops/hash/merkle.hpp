// Merkle trees as in RFC 6962: leaf = SHA-256(0x00, data), node = SHA-256(0x01, left, right), split
// at the largest power of two below n; the root of no leaves is SHA-256("").
//
//   std::vector<Digest> leaves = ...;   // merkle_leaf() of each datum
//   const Digest root = merkle_root(leaves);
//   const std::vector<Digest> path = merkle_proof(leaves, 5);
//   CHECK(merkle_verify(leaves[5], 5, leaves.size(), path, root));
#pragma once

#include <span>
#include <vector>

#include "base/hash.hpp"

namespace weir::ops {

Digest merkle_leaf(Bytes data);
Digest merkle_node(const Digest& left, const Digest& right);

// Returns the root over leaf hashes. Allocates a copy of them.
Digest merkle_root(std::span<const Digest> leaves);
// Returns the root and overwrites the leaf hashes. No allocation.
Digest merkle_root_in_place(std::span<Digest> leaves);

// Returns the sibling hashes from leaf `index` (< leaves.size(), CHECKed) up to the root.
std::vector<Digest> merkle_proof(std::span<const Digest> leaves, std::uint64_t index);

// Returns true if `path` leads from leaf hash `leaf` at `index` of a tree of `count` leaves to
// `root`.
bool merkle_verify(const Digest& leaf, std::uint64_t index, std::uint64_t count,
                   std::span<const Digest> path, const Digest& root);

namespace reference {
// The recursive definition of RFC 6962 section 2.1, straight.
Digest merkle_root(std::span<const Digest> leaves);
std::vector<Digest> merkle_proof(std::span<const Digest> leaves, std::uint64_t index);
}  // namespace reference

}  // namespace weir::ops
