#include <vector>

#include "ops/hash/merkle.hpp"
#include "ops/hash/merkle_root/merkle_root.hpp"

namespace weir::ops {

Status MerkleRoot::reference(const Args& args, Output& out) {
  std::vector<Digest> leaves(args.messages.size());
  for (std::size_t i = 0; i < leaves.size(); ++i) leaves[i] = merkle_leaf(args.messages[i]);
  out.root = reference::merkle_root(leaves);
  return Status::ok();
}

}  // namespace weir::ops
