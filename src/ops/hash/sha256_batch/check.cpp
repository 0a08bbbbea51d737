#include "ops/hash/sha256_batch/sha256_batch.hpp"

namespace weir::ops {

Status Sha256Batch::check(const Args& args) {
  return check_ragged(args.messages);
}

Status Sha256Batch::check_output(const Args& args, const Output& out) {
  return check_result_length("digests", out.digests.size(), args.messages.size());
}

Support Sha256Batch::supports(const Args&, device::Kind) {
  return Support::yes();
}

Footprint Sha256Batch::footprint(const Args& args) {
  const std::size_t rows = args.messages.size();
  return {.rows = rows,
          .bytes_in = args.messages.total_bytes() + rows * sizeof(std::uint64_t),
          .bytes_out = rows * sizeof(Digest),
          .flops = sha256_blocks(args.messages, 0) * kFlopsPerShaBlock,
          .ceiling = Ceiling::kF32};
}

}  // namespace weir::ops
