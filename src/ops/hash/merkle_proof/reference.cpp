#include "ops/hash/merkle.hpp"
#include "ops/hash/merkle_proof/merkle_proof.hpp"

namespace weir::ops {

Status MerkleProof::reference(const Args& args, Output& out) {
  std::vector<Digest> leaves(args.messages.size());
  for (std::size_t i = 0; i < leaves.size(); ++i) leaves[i] = merkle_leaf(args.messages[i]);
  out.path = reference::merkle_proof(leaves, args.index);
  return Status::ok();
}

}  // namespace weir::ops
