#include <algorithm>

#include "base/check.hpp"
#include "ops/hash/hash_batch.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskMessages = 256;

}  // namespace

Status Sha256Batch::check(const Args& args) {
  return check_ragged(args.messages);
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

Status Sha256Batch::cpu(CpuRun& run, const Args& args, Output& out) {
  const std::size_t rows = args.messages.size();
  CHECK_EQ(out.digests.size(), rows);
  run.workers.run((rows + kTaskMessages - 1) / kTaskMessages, [&](std::size_t task) {
    const std::size_t first = task * kTaskMessages;
    const std::size_t count = std::min(kTaskMessages, rows - first);
    sha256_batch(args.messages.bytes, args.messages.offsets.subspan(first, count + 1),
                 out.digests.subspan(first, count));
  });
  return Status::ok();
}

}  // namespace weir::ops
