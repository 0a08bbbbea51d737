// 256-byte items: five blocks each with the padding, 320 bytes compressed for 256 counted.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <vector>

#include "ops/hash/hash_batch.hpp"
#include "ops/hash/merkle_root/merkle_root.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kItems = 8192;
constexpr std::size_t kItemBytes = 256;

struct Items {
  Items() {
    for (std::size_t i = 0; i <= kItems; ++i) offsets.push_back(i * kItemBytes);
  }
  Ragged view() const { return {bytes, offsets}; }

  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kItems * kItemBytes, 0x5a);
  std::vector<std::uint64_t> offsets;
  std::vector<Digest> digests = std::vector<Digest>(kItems);
};

void report(benchmark::State& state) {
  const std::int64_t items = state.iterations() * static_cast<std::int64_t>(kItems);
  state.SetItemsProcessed(items);
  state.SetBytesProcessed(items * static_cast<std::int64_t>(kItemBytes));
}

// Argument: threads.
void sha256_batch_op(benchmark::State& state) {
  Items items;
  Workers workers(static_cast<unsigned>(state.range(0)));
  CpuRun run{workers};
  Sha256Batch::Output out{items.digests};
  for (auto _ : state) {
    if (!Sha256Batch::cpu(run, {items.view()}, out)) state.SkipWithError("failed");
    benchmark::ClobberMemory();
  }
  report(state);
}
BENCHMARK(sha256_batch_op)->Arg(1)->Arg(2)->UseRealTime();

void sha256_one_stream(benchmark::State& state) {
  Items items;
  Sha256Batch::Output out{items.digests};
  for (auto _ : state) {
    if (!Sha256Batch::reference({items.view()}, out)) state.SkipWithError("failed");
    benchmark::ClobberMemory();
  }
  report(state);
}
BENCHMARK(sha256_one_stream);

// The peer at its best: one context, the algorithm fetched once.
void sha256_openssl(benchmark::State& state) {
  Items items;
  EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  for (auto _ : state) {
    for (std::size_t i = 0; i < kItems; ++i) {
      const Bytes item = items.view()[i];
      EVP_DigestInit_ex2(context, algorithm, nullptr);
      EVP_DigestUpdate(context, item.data(), item.size());
      EVP_DigestFinal_ex(context, items.digests[i].data(), nullptr);
    }
    benchmark::ClobberMemory();
  }
  EVP_MD_CTX_free(context);
  EVP_MD_free(algorithm);
  report(state);
}
BENCHMARK(sha256_openssl);

void merkle_root_op(benchmark::State& state) {
  Items items;
  Workers workers(static_cast<unsigned>(state.range(0)));
  CpuRun run{workers};
  MerkleRoot::Output out;
  for (auto _ : state) {
    if (!MerkleRoot::cpu(run, {items.view()}, out)) state.SkipWithError("failed");
    benchmark::DoNotOptimize(out.root);
  }
  report(state);
}
BENCHMARK(merkle_root_op)->Arg(1)->Arg(2)->UseRealTime();

}  // namespace
}  // namespace weir::ops
