// hash.merkle_verify: whether each of many paths leads from its leaf to one root.
//
//   std::vector<std::uint8_t> valid(leaves.size());
//   MerkleVerify::Output out{valid};
//   WEIR_TRY(MerkleVerify::cpu(run, {leaves, indices, count, path, path_offsets, root}, out));
#pragma once

#include <cstdint>
#include <span>

#include "base/hash.hpp"
#include "ops/cpu_run.hpp"
#include "ops/op.hpp"

namespace weir::ops {

// Class exact. Shapes: n leaf hashes and indices, n + 1 path offsets -> n verdicts, 1 or 0. A proof
// that does not fit its tree (index >= count, a path too short or too long) is 0, not an error.
// Errors: invalid_argument for lengths that differ, of the output, too, and offsets that descend or
// lie outside. Cost: two SHA-256 blocks a path element; no allocation.
struct MerkleVerify {
  static constexpr OpInfo kInfo{.name = "hash.merkle_verify",
                                .numeric = NumericClass::kExact,
                                .summary = "whether paths lead from leaves to a root"};
  struct Args {
    std::span<const Digest> leaves;          // leaf hashes: merkle_leaf(message)
    std::span<const std::uint64_t> indices;  // of each leaf in the tree
    std::uint64_t count = 0;                 // leaves of the tree
    std::span<const Digest> path;            // all paths, one after the other
    std::span<const std::uint64_t>
        path_offsets;  // path i is [path_offsets[i], path_offsets[i + 1])
    Digest root{};
  };
  struct Output {
    std::span<std::uint8_t> valid;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
