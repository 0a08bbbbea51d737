// Signatures of 128-byte messages by 64 keys.
#include <benchmark/benchmark.h>

#include "base/isa.hpp"
#include "ops/hash/ed25519_verify/ed25519_items.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kItems = 256;

const Ed25519Items& items() {
  static const Ed25519Items made = [] {
    Philox rng(20261121, 7);
    Ed25519Items signatures;
    signatures.sign(rng, kItems, 128, 64);
    return signatures;
  }();
  return made;
}

// Argument: threads.
void ed25519_verify(benchmark::State& state) {
  Workers workers(static_cast<unsigned>(state.range(0)));
  CpuRun run{workers};
  std::vector<Ed25519Verdict> verdicts(kItems);
  Ed25519Verify::Output out{verdicts};
  for (auto _ : state) {
    if (!Ed25519Verify::cpu(run, items().args(), out)) state.SkipWithError("failed");
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kItems));
}
BENCHMARK(ed25519_verify)->Arg(1)->Arg(2)->UseRealTime();

// Without AVX-512: one at a time in 64-bit limbs.
void ed25519_one_by_one(benchmark::State& state) {
  limit_isa(Isa::kAvx2);
  ed25519_verify(state);
  limit_isa(Isa::kAvx512);
}
BENCHMARK(ed25519_one_by_one)->Arg(1)->UseRealTime();

void ed25519_openssl(benchmark::State& state) {
  std::vector<Ed25519Verdict> verdicts(kItems);
  Ed25519Verify::Output out{verdicts};
  for (auto _ : state) {
    if (!Ed25519Verify::reference(items().args(), out)) state.SkipWithError("failed");
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kItems));
}
BENCHMARK(ed25519_openssl);

}  // namespace
}  // namespace weir::ops
