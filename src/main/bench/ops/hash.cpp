// Workloads of hashes and signatures, beside OpenSSL in this process.
#include <openssl/evp.h>

#include <memory>

#include "base/rng.hpp"
#include "main/bench/ops/workload.hpp"
#include "ops/hash/ed25519_verify/ed25519_items.hpp"
#include "ops/hash/ed25519_verify/ed25519_verify.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kItems = 100'000;
constexpr std::size_t kItemBytes = 256;
constexpr std::size_t kSignatures = 2000;

struct Items {
  Items() : bytes(kItems * kItemBytes) {
    Philox rng(9, 1);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.next_u32());
    for (std::size_t i = 0; i <= kItems; ++i) offsets.push_back(i * kItemBytes);
  }
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint64_t> offsets;
  std::vector<Digest> digests = std::vector<Digest>(kItems);
};

Result<Run> make_sha256(ops::Workers& workers) {
  auto items = std::make_shared<Items>();
  return Run([items, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::Sha256Batch::Output out{items->digests};
    return ops::Sha256Batch::cpu(run, {{items->bytes, items->offsets}}, out);
  });
}

Result<Run> make_openssl_sha256() {
  auto items = std::make_shared<Items>();
  const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return Run([items, context]() -> Status {
    for (std::size_t i = 0; i < kItems; ++i) {
      const bool done =
          EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
          EVP_DigestUpdate(context.get(), items->bytes.data() + i * kItemBytes, kItemBytes) == 1 &&
          EVP_DigestFinal_ex(context.get(), items->digests[i].data(), nullptr) == 1;
      if (!done) return internal_error("openssl", "SHA-256 failed");
    }
    return Status::ok();
  });
}

std::shared_ptr<ops::Ed25519Items> signatures() {
  Philox rng(10, 1);
  auto items = std::make_shared<ops::Ed25519Items>();
  items->sign(rng, kSignatures);
  return items;
}

Result<Run> make_ed25519(ops::Workers& workers) {
  auto items = signatures();
  auto verdicts = std::make_shared<std::vector<ops::Ed25519Verdict>>(kSignatures);
  return Run([items, verdicts, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::Ed25519Verify::Output out{*verdicts};
    return ops::Ed25519Verify::cpu(run, items->args(), out);
  });
}

Result<Run> make_openssl_ed25519() {
  auto items = signatures();
  return Run([items]() -> Status {
    const auto args = items->args();
    for (std::size_t i = 0; i < kSignatures; ++i) {
      WEIR_TRY(ops::ed25519_verify_by_openssl(args.keys[i], args.signatures[i], args.messages[i]));
    }
    return Status::ok();
  });
}

}  // namespace

std::vector<Workload> hash_workloads() {
  Workload sha256;
  sha256.name = "sha256";
  sha256.family = "hash";
  sha256.what = "100,000 items of 256 bytes";
  sha256.seconds_required = kItems * kItemBytes / 1.2e9;
  sha256.own_peer = "OpenSSL";
  sha256.make_peer = make_openssl_sha256;
  sha256.make = make_sha256;
  Workload ed25519;
  ed25519.name = "ed25519";
  ed25519.family = "hash";
  ed25519.what = "2,000 signatures";
  ed25519.seconds_required = kSignatures / 10e3;
  ed25519.own_peer = "OpenSSL";
  ed25519.make_peer = make_openssl_ed25519;
  ed25519.make = make_ed25519;
  return {sha256, ed25519};
}

}  // namespace weir::main
