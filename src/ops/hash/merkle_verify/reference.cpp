#include <bit>
#include <optional>

#include "base/result.hpp"
#include "ops/hash/merkle.hpp"
#include "ops/hash/merkle_verify/merkle_verify.hpp"

namespace weir::ops {
namespace {

// The root that a path claims, by the recursive definition of the tree; nothing if it is too short
// or too long.
std::optional<Digest> claimed_root(const Digest& leaf, std::uint64_t index, std::uint64_t count,
                                   std::span<const Digest> path) {
  if (index >= count) return std::nullopt;
  if (count == 1) return path.empty() ? std::optional(leaf) : std::nullopt;
  if (path.empty()) return std::nullopt;
  const Digest& sibling = path.back();
  const std::span<const Digest> below = path.first(path.size() - 1);
  const std::uint64_t split = std::bit_floor(count - 1);
  const bool left = index < split;
  const std::optional<Digest> own = left ? claimed_root(leaf, index, split, below)
                                         : claimed_root(leaf, index - split, count - split, below);
  if (!own) return std::nullopt;
  return left ? merkle_node(*own, sibling) : merkle_node(sibling, *own);
}

}  // namespace

Status MerkleVerify::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  for (std::size_t i = 0; i < args.leaves.size(); ++i) {
    const auto path =
        args.path.subspan(args.path_offsets[i], args.path_offsets[i + 1] - args.path_offsets[i]);
    out.valid[i] = claimed_root(args.leaves[i], args.indices[i], args.count, path) == args.root;
  }
  return Status::ok();
}

}  // namespace weir::ops
