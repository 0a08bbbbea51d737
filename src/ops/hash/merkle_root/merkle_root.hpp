// hash.merkle_root: the root of the RFC 6962 tree over many messages. Leaf = SHA-256(00 | message),
// node = SHA-256(01 | left | right), split at the largest power of two below n; the root over no
// messages is SHA-256("").
//
//   MerkleRoot::Output out;
//   WEIR_TRY(MerkleRoot::cpu(run, {messages}, out));
//   use(out.root);
#pragma once

#include <vector>

#include "base/hash.hpp"
#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/hash/ragged.hpp"
#include "ops/op.hpp"

namespace weir::ops {

// Chunks and tasks are whole subtrees of this many leaves.
inline constexpr std::size_t kMerkleGroup = 1024;

// Class exact. Errors: invalid_argument for offsets that descend or lie outside. Cost: the blocks
// of the messages and two a node, at 52 ns a block on SHA-NI on each thread; `nodes` keeps its
// capacity from call to call.
struct MerkleRoot {
  static constexpr OpInfo kInfo{.name = "hash.merkle_root",
                                .numeric = NumericClass::kExact,
                                .quantum_rows = kMerkleGroup,
                                .summary = "root of the RFC 6962 tree over messages"};
  struct Args {
    Ragged messages;
  };
  struct Output {
    Digest root{};
    std::vector<Digest> nodes;  // working memory
  };

  static Status check(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

// Folds each group of kMerkleGroup messages to the root of its subtree: groups[g] is that of
// messages [g * kMerkleGroup, ...). The tree over `groups` has the root of the whole, because an
// odd last node moves up unchanged. Resizes `groups`; no other allocation.
void merkle_groups(Workers& workers, const Ragged& messages, std::vector<Digest>& groups);

}  // namespace weir::ops
