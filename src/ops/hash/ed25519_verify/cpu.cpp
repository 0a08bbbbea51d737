// Signatures are decided by code of our own, eight at a time where the CPU has AVX-512 IFMA. Its
// verdicts are those of OpenSSL because it does the same: reduces y, doubles and adds with complete
// formulas, and compares the canonical encoding with the bytes of R.
#include <algorithm>
#include <string>

#include "base/result.hpp"
#include "ops/hash/ed25519_verify/ed25519_verify.hpp"
#include "ops/hash/ed25519_verify/lanes.hpp"
#include "ops/hash/ed25519_verify/scalar.hpp"
#include "ops/hash/sha512.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskSignatures = 32;
constexpr std::size_t kLanesWorthwhile = 3;
// 7 us of a core that does 116 f32 operations a nanosecond.
constexpr double kFlopsPerSignature = 8e5;

// The 255 low bits of 32 bytes in limbs of 51, and the bit above them.
template <std::size_t kLanes>
bool split(const std::uint8_t* from, std::uint64_t (&limbs)[5][kLanes], std::size_t lane) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 51) - 1;
  const auto w0 = load<std::uint64_t>(from);
  const auto w1 = load<std::uint64_t>(from + 8);
  const auto w2 = load<std::uint64_t>(from + 16);
  const auto w3 = load<std::uint64_t>(from + 24);
  limbs[0][lane] = w0 & kMask;
  limbs[1][lane] = (w0 >> 51 | w1 << 13) & kMask;
  limbs[2][lane] = (w1 >> 38 | w2 << 26) & kMask;
  limbs[3][lane] = (w2 >> 25 | w3 << 39) & kMask;
  limbs[4][lane] = (w3 >> 12) & kMask;
  return w3 >> 63 != 0;
}

// Decides the signatures [first, first + count), count <= kLanes; lanes without one hold zeros.
template <std::size_t kLanes>
void verify_lanes(const Ed25519Verify::Args& args, std::size_t first, std::size_t count,
                  ed25519::Decision (*verify)(const ed25519::Batch<kLanes>&),
                  Ed25519Verify::Output& out) {
  ed25519::Batch<kLanes> batch{};
  for (std::size_t lane = 0; lane < count; ++lane) {
    const Ed25519Key& key = args.keys[first + lane];
    const Ed25519Signature& signature = args.signatures[first + lane];
    const auto bit = static_cast<std::uint8_t>(1U << lane);
    if (split(key.data(), batch.key, lane)) batch.key_signs |= bit;
    if (split(signature.data(), batch.r, lane)) batch.r_signs |= bit;
    if (!ed25519::below_order(signature.data() + 32)) continue;
    const Bytes pieces[] = {Bytes(signature).first(32), key, args.messages[first + lane]};
    const ed25519::Scalar k = ed25519::reduce(sha512(pieces));
    ed25519::signed_digits<4>(k.data(), &batch.k[0][lane], kLanes);
    ed25519::signed_digits<8>(signature.data() + 32, &batch.s[0][lane], kLanes);
  }
  const ed25519::Decision decision = verify(batch);
  for (std::size_t lane = 0; lane < count; ++lane) {
    Ed25519Verdict& verdict = out.verdicts[first + lane];
    if (!ed25519::below_order(args.signatures[first + lane].data() + 32)) {
      verdict = Ed25519Verdict::kScalarTooLarge;
    } else if ((decision.on_curve >> lane & 1) == 0) {
      verdict = Ed25519Verdict::kKeyNotOnCurve;
    } else {
      verdict =
          (decision.matches >> lane & 1) != 0 ? Ed25519Verdict::kValid : Ed25519Verdict::kMismatch;
    }
  }
}

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

Status Ed25519Verify::check_output(const Args& args, const Output& out) {
  return check_result_length("verdicts", out.verdicts.size(), args.keys.size());
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
  WEIR_TRY(check_output(args, out));
  const bool in_eights = ed25519::has_ifma();
  run.workers.run((rows + kTaskSignatures - 1) / kTaskSignatures, [&](std::size_t task) {
    const std::size_t end = std::min(rows, (task + 1) * kTaskSignatures);
    std::size_t i = task * kTaskSignatures;
    // Eight lanes cost as much as two or three single signatures, however many are filled.
    for (; in_eights && end - i >= kLanesWorthwhile; i += std::min<std::size_t>(8, end - i)) {
      verify_lanes<8>(args, i, std::min<std::size_t>(8, end - i), ed25519::verify_eight, out);
    }
    for (; i < end; ++i) verify_lanes<1>(args, i, 1, ed25519::verify_one, out);
  });
  return Status::ok();
}

}  // namespace weir::ops
