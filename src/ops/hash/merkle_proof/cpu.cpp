#include <algorithm>
#include <array>
#include <string>

#include "base/result.hpp"
#include "ops/hash/hash_batch.hpp"
#include "ops/hash/merkle.hpp"
#include "ops/hash/merkle_proof/merkle_proof.hpp"
#include "ops/hash/merkle_root/merkle_root.hpp"

namespace weir::ops {

Status MerkleProof::check(const Args& args) {
  WEIR_TRY(check_ragged(args.messages));
  if (args.index < args.messages.size()) return Status::ok();
  return invalid_argument("index_outside", "index " + std::to_string(args.index) + " of " +
                                               std::to_string(args.messages.size()) + " messages")
      .at("index");
}

Support MerkleProof::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedType, "proofs are made on the CPU");
}

Footprint MerkleProof::footprint(const Args& args) {
  Footprint cost = MerkleRoot::footprint({args.messages});
  cost.chunkable = false;
  return cost;
}

// The path inside the message's own group, then that of the group among the groups.
Status MerkleProof::cpu(CpuRun& run, const Args& args, Output& out) {
  constexpr std::uint8_t kLeafPrefix[] = {0x00};
  const std::size_t group = args.index / kMerkleGroup;
  const std::size_t first = group * kMerkleGroup;
  const std::size_t count = std::min(kMerkleGroup, args.messages.size() - first);
  std::array<Digest, kMerkleGroup> own;
  const std::span<Digest> leaves(own.data(), count);
  sha256_prefixed(kLeafPrefix, args.messages.bytes, args.messages.offsets.subspan(first, count + 1),
                  leaves);
  out.path = merkle_proof(leaves, args.index - first);
  merkle_groups(run.workers, args.messages, out.nodes);
  const std::vector<Digest> above = merkle_proof(out.nodes, group);
  out.path.insert(out.path.end(), above.begin(), above.end());
  return Status::ok();
}

}  // namespace weir::ops
