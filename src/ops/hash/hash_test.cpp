#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/isa.hpp"
#include "base/rng.hpp"
#include "ops/hash/hash_batch.hpp"
#include "ops/hash/merkle.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;

std::vector<std::uint8_t> random_bytes(Philox& rng, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.next_u32());
  return bytes;
}

std::vector<std::uint8_t> unhex(std::string_view text) {
  std::vector<std::uint8_t> bytes(text.size() / 2);
  EXPECT_TRUE(from_hex(text, bytes));
  return bytes;
}

// Runs a check with the SHA extensions and without them.
template <class Check>
void on_both_kernels(Check check) {
  check();
  limit_isa(Isa::kScalar);
  check();
  limit_isa(Isa::kAvx512);
}

TEST(HashBatch, EqualsTheReferenceOnRaggedMessages) {
  Philox rng(kSeed, 1);
  for (const std::size_t count : {0u, 1u, 2u, 3u, 31u, 32u, 33u, 65u, 500u}) {
    std::vector<std::uint64_t> offsets{0};
    for (std::size_t i = 0; i < count; ++i) offsets.push_back(offsets.back() + rng.next_below(400));
    const std::vector<std::uint8_t> bytes = random_bytes(rng, offsets.back());
    std::vector<Digest> expected(count);
    std::vector<Digest> digests(count);
    reference::sha256_batch(bytes, offsets, expected);
    on_both_kernels([&] {
      sha256_batch(bytes, offsets, digests);
      EXPECT_EQ(digests, expected) << "seed " << kSeed << " count " << count;
    });
  }
}

TEST(HashBatch, EqualsTheReferenceOnEveryShapeOfPieces) {
  Philox rng(kSeed, 2);
  const std::vector<std::uint8_t> pool = random_bytes(rng, 1 << 20);
  const std::size_t sizes[] = {0, 1, 8, 55, 56, 63, 64, 65, 127, 128, 1024};
  for (const std::size_t prefix : {0u, 1u, 9u, 32u}) {
    for (const std::size_t first : sizes) {
      for (const std::size_t second : sizes) {
        const Strided pieces[] = {{pool.data(), 128, first},
                                  {pool.data() + 999, second + 3, second}};
        std::vector<Digest> expected(7);
        std::vector<Digest> digests(7);
        const Bytes head = Bytes(pool).last(prefix);
        reference::sha256_strided(head, pieces, expected);
        sha256_strided(head, pieces, digests);
        ASSERT_EQ(digests, expected) << prefix << "+" << first << "+" << second;
      }
    }
  }
}

TEST(HashBatch, HashesXxh3PerMessage) {
  const std::string_view text = "abcdefgh";
  const std::uint64_t offsets[] = {0, 3, 3, 8};
  std::uint64_t hashes[3];
  xxh3_batch(as_bytes(text), offsets, hashes);
  EXPECT_EQ(hashes[0], 0x78AF5F94892F3950U);  // published value of XXH3-64("abc")
  EXPECT_EQ(hashes[1], 0x2D06800538D394C2U);  // and of XXH3-64("")
  EXPECT_EQ(hashes[2], xxh3_64(as_bytes("defgh")));
}

std::vector<Digest> golden_leaves(std::size_t count) {
  const char* data[] = {"",
                        "00",
                        "10",
                        "2021",
                        "3031",
                        "40414243",
                        "5051525354555657",
                        "606162636465666768696a6b6c6d6e6f"};
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(merkle_leaf(unhex(data[i])));
  return leaves;
}

TEST(Merkle, GivesThePublishedRoots) {
  on_both_kernels([] {
    EXPECT_EQ(to_hex(merkle_root({})),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(merkle_root(golden_leaves(1))),
              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    EXPECT_EQ(to_hex(merkle_root(golden_leaves(3))),
              "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    EXPECT_EQ(to_hex(merkle_root(golden_leaves(8))),
              "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
  });
}

TEST(Merkle, GivesTheBlockGoldens) {
  const std::vector<std::uint8_t> zero(160);
  const Digest leaf = merkle_leaf(zero);
  EXPECT_EQ(to_hex(leaf), "9f0ef6d54ab02cc095210908cb2866473a3f4338e64c68d1741b45babdfb8d90");
  EXPECT_EQ(to_hex(merkle_node(leaf, leaf)),
            "9b7fe85a678bb7a6460f4481df18538fb8dcf4068b7fe609c5165259e9404f0d");
}

TEST(Merkle, EqualsTheRecursiveDefinitionAndProvesEveryLeaf) {
  Philox rng(kSeed, 3);
  for (std::size_t count = 1; count <= 140; ++count) {
    std::vector<Digest> leaves(count);
    for (auto& leaf : leaves) leaf = sha256(random_bytes(rng, 8));
    const Digest root = merkle_root(leaves);
    ASSERT_EQ(root, reference::merkle_root(leaves)) << "count " << count;
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<Digest> path = merkle_proof(leaves, i);
      ASSERT_EQ(path, reference::merkle_proof(leaves, i));
      ASSERT_TRUE(merkle_verify(leaves[i], i, count, path, root));
    }
  }
}

TEST(Merkle, RefusesEveryWrongProof) {
  Philox rng(kSeed, 4);
  std::vector<Digest> leaves(21);
  for (auto& leaf : leaves) leaf = sha256(random_bytes(rng, 8));
  const Digest root = merkle_root(leaves);
  const std::vector<Digest> path = merkle_proof(leaves, 13);
  EXPECT_FALSE(merkle_verify(leaves[12], 13, 21, path, root));
  EXPECT_FALSE(merkle_verify(leaves[13], 12, 21, path, root));
  EXPECT_FALSE(merkle_verify(leaves[13], 21, 21, path, root));
  EXPECT_FALSE(merkle_verify(leaves[13], 13, 0, path, root));
  EXPECT_FALSE(merkle_verify(leaves[13], 13, 21, {path.data(), path.size() - 1}, root));
  std::vector<Digest> longer = path;
  longer.push_back(root);
  EXPECT_FALSE(merkle_verify(leaves[13], 13, 21, longer, root));
  for (std::size_t i = 0; i < path.size(); ++i) {
    std::vector<Digest> wrong = path;
    wrong[i][i] ^= 1;
    EXPECT_FALSE(merkle_verify(leaves[13], 13, 21, wrong, root));
  }
}

}  // namespace
}  // namespace weir::ops
