// hash.ed25519_verify: whether each of many Ed25519 signatures (RFC 8032) is valid, and why not.
//
//   std::vector<Ed25519Verdict> verdicts(messages.size());
//   Ed25519Verify::Output out{verdicts};
//   WEIR_TRY(Ed25519Verify::cpu(run, {keys, signatures, messages}, out));
//   if (verdicts[0] != Ed25519Verdict::kValid) say(ed25519_verdict_name(verdicts[0]));
//
// Each signature is decided alone and exactly as OpenSSL 3.0 decides it: S must be below the group
// order L; the key's y is taken modulo p and its sign bit is free when x = 0; keys of small order
// pass; the equation is the cofactorless one; and R must be the canonical encoding, compared byte
// by byte. Verifying a random combination of a batch would be faster and accept another set.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "ops/cpu_run.hpp"
#include "ops/hash/ragged.hpp"
#include "ops/op.hpp"

namespace weir::ops {

using Ed25519Key = std::array<std::uint8_t, 32>;
using Ed25519Signature = std::array<std::uint8_t, 64>;  // R, S

// The first check that failed, in this order.
enum class Ed25519Verdict : std::uint8_t {
  kValid,
  kScalarTooLarge,  // S >= L
  kKeyNotOnCurve,   // the public key is no point
  kMismatch,        // S B - k A encodes to something else than R
};
std::string_view ed25519_verdict_name(Ed25519Verdict verdict);  // "valid", "scalar_too_large", ...

// Class exact. Shapes: n keys, n signatures, n messages -> n verdicts. Errors: invalid_argument for
// lengths that differ, of the output, too, and offsets that descend or lie outside. Cost: 7 us a
// signature on each thread with AVX-512 IFMA, eight at a time; about 42 us elsewhere. No
// allocation. `reference` asks OpenSSL, one by one: 70 to 85 us.
struct Ed25519Verify {
  static constexpr OpInfo kInfo{.name = "hash.ed25519_verify",
                                .numeric = NumericClass::kExact,
                                .summary = "Ed25519 signatures, each decided alone"};
  struct Args {
    std::span<const Ed25519Key> keys;
    std::span<const Ed25519Signature> signatures;
    Ragged messages;
  };
  struct Output {
    std::span<Ed25519Verdict> verdicts;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

// Decides one signature with OpenSSL: the oracle, and the baseline of the bench. Thread-safe.
Result<Ed25519Verdict> ed25519_verify_by_openssl(const Ed25519Key& key,
                                                 const Ed25519Signature& signature, Bytes message);

}  // namespace weir::ops
