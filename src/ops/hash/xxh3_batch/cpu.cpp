#include <algorithm>

#include "base/result.hpp"
#include "ops/hash/hash_batch.hpp"
#include "ops/hash/xxh3_batch/xxh3_batch.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskMessages = 4096;

}  // namespace

Status Xxh3Batch::check(const Args& args) {
  return check_ragged(args.messages);
}

Status Xxh3Batch::check_output(const Args& args, const Output& out) {
  return check_result_length("hashes", out.hashes.size(), args.messages.size());
}

Support Xxh3Batch::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kTooSmall, "the link to a GPU is slower than XXH3 on one core");
}

Footprint Xxh3Batch::footprint(const Args& args) {
  const std::size_t rows = args.messages.size();
  return {.rows = rows,
          .bytes_in = args.messages.total_bytes() + rows * sizeof(std::uint64_t),
          .bytes_out = rows * sizeof(std::uint64_t),
          .flops = static_cast<double>(args.messages.total_bytes()),
          .ceiling = Ceiling::kDram};
}

Status Xxh3Batch::cpu(CpuRun& run, const Args& args, Output& out) {
  const std::size_t rows = args.messages.size();
  WEIR_TRY(check_output(args, out));
  run.workers.run((rows + kTaskMessages - 1) / kTaskMessages, [&](std::size_t task) {
    const std::size_t first = task * kTaskMessages;
    const std::size_t count = std::min(kTaskMessages, rows - first);
    xxh3_batch(args.messages.bytes, args.messages.offsets.subspan(first, count + 1),
               out.hashes.subspan(first, count));
  });
  return Status::ok();
}

}  // namespace weir::ops
