#include <algorithm>
#include <atomic>
#include <string>

#include "base/check.hpp"
#include "ops/hash/ed25519_verify/ed25519_verify.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskSignatures = 32;
// 100 us of a core that does 116 f32 operations a nanosecond.
constexpr double kFlopsPerSignature = 1e7;

}  // namespace

std::string_view ed25519_verdict_name(Ed25519Verdict verdict) {
  switch (verdict) {
    case Ed25519Verdict::kValid:
      return "valid";
    case Ed25519Verdict::kScalarTooLarge:
      return "scalar_too_large";
    case Ed25519Verdict::kKeyNotOnCurve:
      return "key_not_on_curve";
    case Ed25519Verdict::kMismatch:
      return "mismatch";
  }
  return "mismatch";
}

Status Ed25519Verify::check(const Args& args) {
  WEIR_TRY(check_ragged(args.messages));
  const std::size_t n = args.messages.size();
  if (args.keys.size() == n && args.signatures.size() == n) return Status::ok();
  return invalid_argument("lengths_differ", std::to_string(args.keys.size()) + " keys, " +
                                                std::to_string(args.signatures.size()) +
                                                " signatures, " + std::to_string(n) + " messages")
      .at("keys")
      .hint("give one key and one signature a message");
}

Support Ed25519Verify::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedType, "signatures are verified on the CPU");
}

Footprint Ed25519Verify::footprint(const Args& args) {
  const std::size_t rows = args.keys.size();
  return {.rows = rows,
          .bytes_in = rows * (sizeof(Ed25519Key) + sizeof(Ed25519Signature) + 8) +
                      args.messages.total_bytes(),
          .bytes_out = rows * sizeof(Ed25519Verdict),
          .flops = static_cast<double>(rows) * kFlopsPerSignature,
          .ceiling = Ceiling::kF32};
}

Status Ed25519Verify::cpu(CpuRun& run, const Args& args, Output& out) {
  const std::size_t rows = args.keys.size();
  CHECK_EQ(out.verdicts.size(), rows);
  std::atomic<bool> failed = false;
  run.workers.run((rows + kTaskSignatures - 1) / kTaskSignatures, [&](std::size_t task) {
    const std::size_t end = std::min(rows, (task + 1) * kTaskSignatures);
    for (std::size_t i = task * kTaskSignatures; i < end; ++i) {
      const Result<Ed25519Verdict> verdict =
          ed25519_verify_by_openssl(args.keys[i], args.signatures[i], args.messages[i]);
      if (!verdict) {
        failed.store(true, std::memory_order_relaxed);
        return;
      }
      out.verdicts[i] = *verdict;
    }
  });
  if (failed) return internal_error("openssl", "OpenSSL cannot set up Ed25519");
  return Status::ok();
}

}  // namespace weir::ops
