#include <algorithm>
#include <string>

#include "base/result.hpp"
#include "ops/hash/merkle.hpp"
#include "ops/hash/merkle_verify/merkle_verify.hpp"
#include "ops/hash/ragged.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskPaths = 64;

}  // namespace

Status MerkleVerify::check(const Args& args) {
  const std::size_t n = args.leaves.size();
  if (args.indices.size() != n || args.path_offsets.size() != n + 1) {
    return invalid_argument("lengths_differ",
                            std::to_string(n) + " leaves, " + std::to_string(args.indices.size()) +
                                " indices, " + std::to_string(args.path_offsets.size()) +
                                " path offsets")
        .at("leaves")
        .hint("n leaves take n indices and n + 1 path offsets");
  }
  for (std::size_t i = 0; i <= n; ++i) {
    const std::uint64_t next = i < n ? args.path_offsets[i + 1] : args.path.size();
    if (args.path_offsets[i] <= next) continue;
    return invalid_argument("offsets_outside", "path offset " + std::to_string(i) + " is " +
                                                   std::to_string(args.path_offsets[i]) +
                                                   ", beyond " + std::to_string(next))
        .at("path_offsets");
  }
  return Status::ok();
}

Status MerkleVerify::check_output(const Args& args, const Output& out) {
  return check_result_length("valid", out.valid.size(), args.leaves.size());
}

Support MerkleVerify::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kTooSmall, "a path is verified in microseconds on the CPU");
}

Footprint MerkleVerify::footprint(const Args& args) {
  return {.rows = args.leaves.size(),
          .bytes_in = args.leaves.size_bytes() + args.indices.size_bytes() +
                      args.path.size_bytes() + args.path_offsets.size_bytes(),
          .bytes_out = args.leaves.size(),
          .flops = 2 * static_cast<double>(args.path.size()) * kFlopsPerShaBlock,
          .ceiling = Ceiling::kF32};
}

Status MerkleVerify::cpu(CpuRun& run, const Args& args, Output& out) {
  const std::size_t n = args.leaves.size();
  WEIR_TRY(check_output(args, out));
  run.workers.run((n + kTaskPaths - 1) / kTaskPaths, [&](std::size_t task) {
    const std::size_t end = std::min(n, (task + 1) * kTaskPaths);
    for (std::size_t i = task * kTaskPaths; i < end; ++i) {
      const auto path =
          args.path.subspan(args.path_offsets[i], args.path_offsets[i + 1] - args.path_offsets[i]);
      out.valid[i] =
          merkle_verify(args.leaves[i], args.indices[i], args.count, path, args.root) ? 1 : 0;
    }
  });
  return Status::ok();
}

}  // namespace weir::ops
