// The hash ops against their references, and what they refuse.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/isa.hpp"
#include "base/rng.hpp"
#include "ops/hash/ed25519_verify/ed25519_verify.hpp"
#include "ops/hash/merkle.hpp"
#include "ops/hash/merkle_proof/merkle_proof.hpp"
#include "ops/hash/merkle_root/merkle_root.hpp"
#include "ops/hash/merkle_verify/merkle_verify.hpp"
#include "ops/hash/sha256_batch/sha256_batch.hpp"
#include "ops/hash/xxh3_batch/xxh3_batch.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;

struct Messages {
  Messages(Philox& rng, std::size_t count, std::uint32_t bytes_max, std::size_t before = 0) {
    offsets.push_back(before);
    for (std::size_t i = 0; i < count; ++i) {
      offsets.push_back(offsets.back() + rng.next_below(bytes_max + 1));
    }
    bytes.resize(offsets.back() + 3);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.next_u32());
  }
  Ragged view() const { return {bytes, offsets}; }

  std::vector<std::uint8_t> bytes;
  std::vector<std::uint64_t> offsets;
};

// Runs a check on one and on two threads, with every instruction set that a kernel looks for.
template <class Check>
void on_every_run(Check check) {
  for (const unsigned threads : {1U, 2U}) {
    Workers workers(threads);
    for (const Isa isa : {Isa::kScalar, Isa::kAvx512}) {
      limit_isa(isa);
      CpuRun run{workers};
      check(run);
    }
  }
}

TEST(Sha256Batch, GivesThePublishedDigests) {
  const std::uint64_t offsets[] = {0, 0, 3};
  std::vector<Digest> digests(2);
  Sha256Batch::Output out{digests};
  on_every_run([&](CpuRun& run) {
    ASSERT_TRUE(Sha256Batch::cpu(run, {{as_bytes("abc"), offsets}}, out));
    EXPECT_EQ(to_hex(digests[0]),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(digests[1]),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
}

TEST(Sha256Batch, EqualsTheReferenceHoweverItIsCut) {
  Philox rng(kSeed, 11);
  for (const std::size_t count : {0U, 1U, 31U, 33U, 255U, 256U, 257U, 1500U}) {
    const Messages messages(rng, count, 150, 7);
    std::vector<Digest> expected(count);
    std::vector<Digest> digests(count);
    Sha256Batch::Output reference{expected};
    Sha256Batch::Output out{digests};
    ASSERT_TRUE(Sha256Batch::reference({messages.view()}, reference));
    on_every_run([&](CpuRun& run) {
      digests.assign(count, Digest{});
      ASSERT_TRUE(Sha256Batch::cpu(run, {messages.view()}, out));
      ASSERT_EQ(digests, expected) << "seed " << kSeed << " count " << count;
    });
  }
}

TEST(Xxh3Batch, EqualsTheReferenceOnEveryLength) {
  Philox rng(kSeed, 12);
  for (const std::uint32_t bytes_max : {63U, 400U, 5000U}) {
    const Messages messages(rng, 5000, bytes_max);
    std::vector<std::uint64_t> expected(5000);
    std::vector<std::uint64_t> hashes(5000);
    Xxh3Batch::Output reference{expected};
    Xxh3Batch::Output out{hashes};
    ASSERT_TRUE(Xxh3Batch::reference({messages.view()}, reference));
    on_every_run([&](CpuRun& run) {
      hashes.assign(5000, 0);
      ASSERT_TRUE(Xxh3Batch::cpu(run, {messages.view()}, out));
      ASSERT_EQ(hashes, expected) << "seed " << kSeed << " to " << bytes_max << " bytes";
    });
  }
}

TEST(MerkleRoot, EqualsTheReferenceAndProvesItsMessages) {
  Philox rng(kSeed, 13);
  for (const std::size_t count : {0U, 1U, 2U, 3U, 33U, 1023U, 1024U, 1025U, 1027U, 3000U, 5121U}) {
    const Messages messages(rng, count, 40);
    MerkleRoot::Output expected;
    ASSERT_TRUE(MerkleRoot::reference({messages.view()}, expected));
    on_every_run([&](CpuRun& run) {
      MerkleRoot::Output out;
      ASSERT_TRUE(MerkleRoot::cpu(run, {messages.view()}, out));
      ASSERT_EQ(out.root, expected.root) << "count " << count;
    });
    Workers workers(2);
    CpuRun run{workers};
    for (std::uint64_t index = 0; index < count; index += 1 + rng.next_below(1500)) {
      MerkleProof::Output naive;
      MerkleProof::Output proof;
      ASSERT_TRUE(MerkleProof::reference({messages.view(), index}, naive));
      ASSERT_TRUE(MerkleProof::cpu(run, {messages.view(), index}, proof));
      ASSERT_EQ(proof.path, naive.path) << "index " << index << " of " << count;
      EXPECT_TRUE(merkle_verify(merkle_leaf(messages.view()[index]), index, count, proof.path,
                                expected.root));
    }
  }
}

TEST(MerkleProof, NamesAnIndexBeyondTheMessages) {
  const std::uint64_t offsets[] = {0, 1, 2};
  const Status status = MerkleProof::check({{as_bytes("ab"), offsets}, 2});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(), "index 2 of 2 messages");
}

// Every path of a tree, right and with one thing wrong, one after the other.
TEST(MerkleVerify, EqualsTheReferenceOnRightAndWrongPaths) {
  Philox rng(kSeed, 14);
  for (const std::size_t count : {1U, 2U, 21U, 64U, 97U}) {
    std::vector<Digest> tree(count);
    for (Digest& leaf : tree) leaf[rng.next_below(32)] = static_cast<std::uint8_t>(rng.next_u32());
    std::vector<Digest> leaves;
    std::vector<std::uint64_t> indices;
    std::vector<Digest> path;
    std::vector<std::uint64_t> path_offsets{0};
    std::size_t right = 0;
    for (std::size_t i = 0; i < 3 * count; ++i) {
      std::vector<Digest> own = merkle_proof(tree, i % count);
      leaves.push_back(tree[i % count]);
      indices.push_back(i % count);
      const std::uint32_t wrong = i < count ? 5 : rng.next_below(5);
      if (wrong == 0) leaves.back()[3] ^= 1;
      if (wrong == 1) indices.back() += count;
      if (wrong == 2) own.push_back(tree[0]);
      if (wrong == 3 && !own.empty()) own.back()[31] ^= 0x80;
      if (wrong == 4 && !own.empty()) own.pop_back();
      right += wrong == 5 || (wrong >= 3 && count == 1) ? 1 : 0;
      path.insert(path.end(), own.begin(), own.end());
      path_offsets.push_back(path.size());
    }
    const MerkleVerify::Args args{leaves, indices, count, path, path_offsets, merkle_root(tree)};
    ASSERT_TRUE(MerkleVerify::check(args));
    std::vector<std::uint8_t> expected(leaves.size());
    std::vector<std::uint8_t> valid(leaves.size());
    MerkleVerify::Output reference{expected};
    MerkleVerify::Output out{valid};
    ASSERT_TRUE(MerkleVerify::reference(args, reference));
    on_every_run([&](CpuRun& run) {
      valid.assign(leaves.size(), 7);
      ASSERT_TRUE(MerkleVerify::cpu(run, args, out));
      ASSERT_EQ(valid, expected) << "seed " << kSeed << " count " << count;
    });
    EXPECT_EQ(static_cast<std::size_t>(std::count(valid.begin(), valid.end(), 1)), right);
  }
}

// Half of 2^64 - 1 rounded up is 2^63: a sum that wraps to 0 made a tree of two leaves of it.
TEST(MerkleVerify, RefusesAShortPathOfTheLargestTree) {
  const Digest leaf = sha256(as_bytes("leaf"));
  const std::vector<Digest> one = {sha256(as_bytes("sibling"))};
  EXPECT_TRUE(merkle_verify(leaf, 0, 2, one, merkle_node(leaf, one[0])));
  for (const std::uint64_t count :
       {~std::uint64_t{0}, ~std::uint64_t{0} - 1, std::uint64_t{1} << 63}) {
    EXPECT_FALSE(merkle_verify(leaf, 0, count, one, merkle_node(leaf, one[0]))) << count;
    std::vector<Digest> path;
    Digest root = leaf;
    for (std::uint64_t size = count; size > 1; size = size / 2 + size % 2) {
      path.push_back(one[0]);
      root = merkle_node(root, one[0]);
    }
    EXPECT_TRUE(merkle_verify(leaf, 0, count, path, root)) << count;
  }
}

TEST(MerkleVerify, SaysWhichLengthsDoNotFit) {
  const Digest leaves[2] = {};
  const std::uint64_t indices[] = {0, 1};
  const std::uint64_t offsets[] = {0, 0};
  const std::uint64_t beyond[] = {0, 1, 0};
  EXPECT_EQ(MerkleVerify::check({leaves, indices, 2, {}, offsets, {}}).message(),
            "2 leaves, 2 indices, 2 path offsets");
  EXPECT_EQ(MerkleVerify::check({leaves, indices, 2, {}, beyond, {}}).message(),
            "path offset 1 is 1, beyond 0");
}

// A caller's mistake is an answer, not the end of the process.
TEST(HashOps, RefuseOutputsOfAnotherLength) {
  const std::uint64_t offsets[] = {0, 1, 3};
  const Ragged two{as_bytes("abc"), offsets};
  Workers workers(1);
  CpuRun run{workers};
  Digest digest;
  std::uint64_t hash = 0;
  Sha256Batch::Output digests{{&digest, 1}};
  Xxh3Batch::Output hashes{{&hash, 1}};
  MerkleVerify::Output verdicts;
  const std::uint64_t path_offsets[] = {0, 0};
  const MerkleVerify::Args one{{&digest, 1}, {&hash, 1}, 1, {}, path_offsets, {}};
  EXPECT_EQ(Sha256Batch::cpu(run, {two}, digests).message(), "room for 1 digests of 2");
  EXPECT_EQ(Sha256Batch::reference({two}, digests).code(), Code::kInvalidArgument);
  EXPECT_EQ(Xxh3Batch::cpu(run, {two}, hashes).message(), "room for 1 hashes of 2");
  EXPECT_EQ(Xxh3Batch::reference({two}, hashes).code(), Code::kInvalidArgument);
  EXPECT_EQ(MerkleVerify::cpu(run, one, verdicts).message(), "room for 0 valid of 1");
  EXPECT_EQ(MerkleVerify::reference(one, verdicts).code(), Code::kInvalidArgument);
  const Ed25519Key key{};
  const Ed25519Signature signature{};
  const Ed25519Verify::Args signed_one{{&key, 1}, {&signature, 1}, two.slice(0, 1)};
  Ed25519Verify::Output none;
  EXPECT_EQ(Ed25519Verify::cpu(run, signed_one, none).message(), "room for 0 verdicts of 1");
  EXPECT_EQ(Ed25519Verify::reference(signed_one, none).code(), Code::kInvalidArgument);
}

TEST(HashOps, NameTheOffsetThatDoesNotFit) {
  const std::uint64_t descending[] = {0, 2, 1};
  const std::uint64_t outside[] = {0, 4};
  EXPECT_EQ(Sha256Batch::check({{as_bytes("abc"), descending}}).message(), "offset 2 is 1 after 2");
  EXPECT_EQ(Xxh3Batch::check({{as_bytes("abc"), outside}}).message(),
            "the last offset is 4 of 3 bytes");
  EXPECT_EQ(MerkleRoot::check({{as_bytes("abc"), {}}}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
