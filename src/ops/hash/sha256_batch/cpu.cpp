#include <algorithm>

#include "base/result.hpp"
#include "ops/hash/hash_batch.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskMessages = 256;

}  // namespace

Status Sha256Batch::cpu(CpuRun& run, const Args& args, Output& out) {
  const std::size_t rows = args.messages.size();
  WEIR_TRY(check_output(args, out));
  run.workers.run((rows + kTaskMessages - 1) / kTaskMessages, [&](std::size_t task) {
    const std::size_t first = task * kTaskMessages;
    const std::size_t count = std::min(kTaskMessages, rows - first);
    sha256_batch(args.messages.bytes, args.messages.offsets.subspan(first, count + 1),
                 out.digests.subspan(first, count));
  });
  return Status::ok();
}

}  // namespace weir::ops
