#include <algorithm>
#include <array>

#include "ops/hash/hash_batch.hpp"
#include "ops/hash/merkle.hpp"
#include "ops/hash/merkle_root/merkle_root.hpp"

namespace weir::ops {

void merkle_groups(Workers& workers, const Ragged& messages, std::vector<Digest>& groups) {
  constexpr std::uint8_t kLeafPrefix[] = {0x00};
  groups.resize((messages.size() + kMerkleGroup - 1) / kMerkleGroup);
  workers.run(groups.size(), [&](std::size_t group) {
    const std::size_t first = group * kMerkleGroup;
    const std::size_t count = std::min(kMerkleGroup, messages.size() - first);
    std::array<Digest, kMerkleGroup> nodes;
    const std::span<Digest> leaves(nodes.data(), count);
    sha256_prefixed(kLeafPrefix, messages.bytes, messages.offsets.subspan(first, count + 1),
                    leaves);
    groups[group] = merkle_root_in_place(leaves);
  });
}

Status MerkleRoot::cpu(CpuRun& run, const Args& args, Output& out) {
  merkle_groups(run.workers, args.messages, out.nodes);
  out.root = merkle_root_in_place(out.nodes);
  return Status::ok();
}

}  // namespace weir::ops
