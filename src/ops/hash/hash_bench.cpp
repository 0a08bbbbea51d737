#include <benchmark/benchmark.h>

#include <vector>

#include "ops/hash/hash_batch.hpp"
#include "ops/hash/merkle.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kEvents = 8192;
constexpr std::size_t kLeaf = 32;

struct Leaves {
  std::vector<std::uint8_t> events = std::vector<std::uint8_t>(kEvents * 128, 0x5a);
  std::vector<std::uint8_t> verdicts = std::vector<std::uint8_t>(kEvents * 32, 0xa5);
  std::vector<Digest> digests = std::vector<Digest>(kEvents / kLeaf);
  Strided pieces[2] = {{events.data(), kLeaf * 128, kLeaf * 128},
                       {verdicts.data(), kLeaf * 32, kLeaf * 32}};
};

void report(benchmark::State& state) {
  const auto events =
      static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(kEvents);
  state.SetItemsProcessed(events);
  state.SetBytesProcessed(events * 160);
}

void merkle_leaves_interleaved(benchmark::State& state) {
  Leaves leaves;
  const std::uint8_t prefix[] = {0};
  for (auto _ : state) {
    sha256_strided(prefix, leaves.pieces, leaves.digests);
    benchmark::DoNotOptimize(merkle_root_in_place(leaves.digests));
  }
  report(state);
}
BENCHMARK(merkle_leaves_interleaved);

void merkle_leaves_one_stream(benchmark::State& state) {
  Leaves leaves;
  const std::uint8_t prefix[] = {0};
  for (auto _ : state) {
    reference::sha256_strided(prefix, leaves.pieces, leaves.digests);
    benchmark::DoNotOptimize(reference::merkle_root(leaves.digests));
  }
  report(state);
}
BENCHMARK(merkle_leaves_one_stream);

}  // namespace
}  // namespace weir::ops
