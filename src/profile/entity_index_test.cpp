#include "profile/entity_index.hpp"

#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "base/rng.hpp"
#include "profile/pair_hash.hpp"

namespace weir::profile {
namespace {

void put(EntityIndex& index, std::uint64_t id, std::uint32_t slot) {
  IndexEntry* bucket = index.probe(id, EntityIndex::hash(id));
  ASSERT_EQ(bucket->id, 0U);
  index.add(bucket, {id, slot, static_cast<std::uint16_t>(slot % 7), 0});
}

TEST(EntityIndex, FindsEveryEntryWhileItGrows) {
  EntityIndex index(32);
  std::vector<std::uint64_t> ids;
  Philox rng(4, 4);
  bool grew = false;
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    // Sequential ids and scattered ones, as accounts come.
    const std::uint64_t id = i % 2 == 0 ? 0x4100000000000000ULL + i : rng.next_u64() | 1;
    put(index, id, i);
    ids.push_back(id);
    grew |= index.growing();
    if (i % 97 != 0 && !(i < 600)) continue;
    for (std::uint32_t k = 0; k <= i; k += i < 600 ? 1 : 31) {
      const IndexEntry* entry = index.probe(ids[k], EntityIndex::hash(ids[k]));
      ASSERT_EQ(entry->id, ids[k]) << "after " << i;
      ASSERT_EQ(entry->slot, k);
    }
    const std::uint64_t absent = 0x4700000000000000ULL + i;
    const IndexEntry* none = index.probe(absent, EntityIndex::hash(absent));
    ASSERT_EQ(none->id, 0U);
    ASSERT_EQ(none->flags, 0U);  // a bucket that was moved away keeps nothing
  }
  EXPECT_TRUE(grew);
  EXPECT_EQ(index.size(), 30'000U);
  std::size_t seen = 0;
  index.each([&](const IndexEntry& entry) {
    EXPECT_EQ(ids[entry.slot], entry.id);
    ++seen;
  });
  EXPECT_EQ(seen, 30'000U);
}

TEST(EntityIndex, KeepsClustersWholeAtTheEndOfTheTable) {
  // Ids whose homes crowd the last buckets, so that clusters wrap round to the first.
  for (std::uint64_t start = 0; start < 40; ++start) {
    EntityIndex index(44);  // 64 buckets
    std::vector<std::uint64_t> ids;
    std::uint64_t id = start * 1'000'003 + 1;
    while (ids.size() < 400) {
      const bool high = EntityIndex::hash(id) >> 60 == 15;
      if (high || ids.size() > 40) {
        put(index, id, static_cast<std::uint32_t>(ids.size()));
        ids.push_back(id);
        for (std::size_t k = 0; k < ids.size(); ++k) {
          const IndexEntry* entry = index.probe(ids[k], EntityIndex::hash(ids[k]));
          ASSERT_EQ(entry->slot, k) << "start " << start << " of " << ids.size();
        }
      }
      ++id;
    }
  }
}

TEST(EntityIndex, UsesAboutTwentyFourBytesAnEntityWhenSizedForThem) {
  EntityIndex index(1 << 20);
  EXPECT_LE(index.bytes(), std::uint64_t{24} << 20);
}

TEST(PairHash, IsXxh3OfEightBytes) {
  Philox rng(1, 6);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t word = rng.next_u64();
    ASSERT_EQ(xxh3_word(word), xxh3_64({reinterpret_cast<const std::uint8_t*>(&word), 8}));
  }
  EXPECT_EQ(pair_hash(3, 9), pair_hash(9, 3));
  EXPECT_NE(pair_hash(3, 9), pair_hash(3, 10));
}

}  // namespace
}  // namespace weir::profile
