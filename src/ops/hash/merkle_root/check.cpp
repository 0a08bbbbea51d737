#include "ops/hash/merkle_root/merkle_root.hpp"

namespace weir::ops {

Status MerkleRoot::check(const Args& args) {
  return check_ragged(args.messages);
}

Support MerkleRoot::supports(const Args&, device::Kind) {
  return Support::yes();
}

Footprint MerkleRoot::footprint(const Args& args) {
  const std::size_t rows = args.messages.size();
  const double blocks = sha256_blocks(args.messages, 1) + 2 * static_cast<double>(rows);
  return {.rows = rows,
          .bytes_in = args.messages.total_bytes() + rows * sizeof(std::uint64_t),
          .bytes_out = (rows + kMerkleGroup - 1) / kMerkleGroup * sizeof(Digest),
          .bytes_scratch = 2 * rows * sizeof(Digest),
          .flops = blocks * kFlopsPerShaBlock,
          .ceiling = Ceiling::kF32};
}

}  // namespace weir::ops
