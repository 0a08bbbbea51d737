// hash.merkle_proof: the path that proves one message of an RFC 6962 tree to whoever has the root.
//
//   MerkleProof::Output out;
//   WEIR_TRY(MerkleProof::cpu(run, {messages, 5}, out));
//   merkle_verify(merkle_leaf(messages[5]), 5, messages.size(), out.path, root);   // true
#pragma once

#include <vector>

#include "base/hash.hpp"
#include "ops/cpu_run.hpp"
#include "ops/hash/ragged.hpp"
#include "ops/op.hpp"

namespace weir::ops {

// Class exact. Shapes: `path` has one digest for each level that has a sibling, leaf to root.
// Errors: invalid_argument for offsets that descend or lie outside and for an index beyond the
// messages. Cost: that of hash.merkle_root; containers keep their capacity from call to call.
struct MerkleProof {
  static constexpr OpInfo kInfo{.name = "hash.merkle_proof",
                                .numeric = NumericClass::kExact,
                                .summary = "path from a message to the root of its RFC 6962 tree"};
  struct Args {
    Ragged messages;
    std::uint64_t index = 0;
  };
  struct Output {
    std::vector<Digest> path;
    std::vector<Digest> nodes;  // working memory
  };

  static Status check(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
