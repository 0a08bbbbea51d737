#include "decide/window/key_directory.hpp"

#include <gtest/gtest.h>

#include <set>
#include <unordered_map>

#include "base/rng.hpp"
#include "decide/window/window_spec.hpp"

namespace weir::decide {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000;

// A directory and what it should hold, fed with random keys of one or two words.
class Driver {
 public:
  Driver(unsigned words, std::size_t keys_max, std::uint64_t seed)
      : words_(words), directory_(words, keys_max), rng_(seed, 0) {
    directory_.set_idle_us(kHour);
  }

  KeyDirectory::Found add(std::uint64_t id, std::int64_t time_us) {
    const std::uint64_t key[2] = {id + 1, (id * 7) | 1};
    return directory_.find(key, key_hash(key, words_), true, time_us, time_us);
  }
  KeyDirectory::Found look(std::uint64_t id) {
    const std::uint64_t key[2] = {id + 1, (id * 7) | 1};
    return directory_.find(key, key_hash(key, words_), false, 0, 0);
  }
  std::uint64_t random(std::uint64_t below) { return rng_.next_u64() % below; }
  KeyDirectory& directory() { return directory_; }

 private:
  unsigned words_;
  KeyDirectory directory_;
  Philox rng_;
};

class KeyDirectoryTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(KeyDirectoryTest, EveryKeyKeepsItsSlotWhileSegmentsSplit) {
  Driver driver(GetParam(), 1 << 20, 11);
  std::unordered_map<std::uint64_t, std::uint32_t> slots;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t id = driver.random(60'000);
    const auto found = driver.add(id, kStart + i);
    const auto [known, fresh] = slots.emplace(id, found.slot);
    ASSERT_EQ(found.fresh, fresh) << "key " << id << " at row " << i;
    ASSERT_EQ(found.slot, known->second) << "key " << id << " at row " << i;
  }
  std::set<std::uint32_t> different;
  for (const auto& [id, slot] : slots) {
    EXPECT_EQ(driver.look(id).slot, slot);
    different.insert(slot);
  }
  EXPECT_EQ(different.size(), slots.size());
  EXPECT_EQ(driver.directory().keys(), slots.size());
  EXPECT_EQ(driver.look(70'000).slot, KeyDirectory::kNone);
}

TEST_P(KeyDirectoryTest, RestoredGoesOnAsIfNothingHadHappened) {
  for (const std::uint64_t ids : {40U, 150U, 900U, 30'000U}) {
    Driver driver(GetParam(), 20'000, ids);
    Driver restored(GetParam(), 20'000, 0);
    std::int64_t time_us = kStart;
    for (int i = 0; i < 40'000; ++i) driver.add(driver.random(ids), time_us += 500'000);
    ByteWriter out;
    driver.directory().save(out);
    ByteReader in(out.bytes());
    ASSERT_TRUE(restored.directory().load(in).is_ok());
    for (int i = 0; i < 40'000; ++i) {
      const std::uint64_t id = driver.random(ids);
      time_us += 500'000;
      const auto expected = driver.add(id, time_us);
      const auto found = restored.add(id, time_us);
      ASSERT_EQ(found.slot, expected.slot) << ids << " keys, row " << i;
      ASSERT_EQ(found.fresh, expected.fresh) << ids << " keys, row " << i;
    }
  }
}

TEST_P(KeyDirectoryTest, FullOfLiveKeysRefusesNewOnesUntilSomeAreIdle) {
  Driver driver(GetParam(), 5'000, 3);
  for (std::uint64_t id = 0; id < 5'000; ++id) {
    ASSERT_NE(driver.add(id, kStart).slot, KeyDirectory::kNone);
  }
  EXPECT_EQ(driver.add(9'999, kStart).slot, KeyDirectory::kNone);
  EXPECT_EQ(driver.directory().slots(), 5'000U);
  unsigned given = 0;
  const std::int64_t later_us = kStart + 2 * kHour;
  for (std::uint64_t id = 10'000; id < 12'000; ++id) {
    given += driver.add(id, later_us).slot != KeyDirectory::kNone;
  }
  EXPECT_EQ(given, 2'000U);
  EXPECT_EQ(driver.directory().slots(), 5'000U);
}

// The directory stops looking while it knows of no idle key: it must not overlook the first ones.
TEST_P(KeyDirectoryTest, GivesAwayTheSlotOfEveryKeyThatIsIdle) {
  constexpr std::uint64_t kKeys = 1'500;
  constexpr std::int64_t kStep = 2 * kSecond;  // what the directory tells apart
  Driver driver(GetParam(), kKeys, 3);
  for (std::uint64_t id = 0; id < kKeys; ++id) {
    ASSERT_NE(driver.add(id, kStart + static_cast<std::int64_t>(id) * kStep).slot,
              KeyDirectory::kNone);
  }
  std::uint64_t next_id = kKeys;
  std::uint64_t given = 0;
  for (const std::uint64_t idle : {0U, 1U, 2U, 100U, 1'000U, 1'499U, 1'500U}) {
    const std::int64_t time_us = kStart + kHour + static_cast<std::int64_t>(idle) * kStep;
    for (std::uint64_t id = 0; id < idle + 500; ++id) {  // a round is fewer than 100 attempts
      given += driver.add(next_id++, time_us).slot != KeyDirectory::kNone;
    }
    EXPECT_EQ(given, idle);
  }
}

TEST_P(KeyDirectoryTest, RefusesADamagedSnapshot) {
  Driver driver(GetParam(), 20'000, 5);
  for (std::uint64_t id = 0; id < 8'000; ++id) driver.add(id, kStart);
  ByteWriter out;
  driver.directory().save(out);
  unsigned refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::vector<std::uint8_t> bytes(out.bytes().begin(), out.bytes().end());
    const std::size_t at = driver.random(bytes.size());
    bytes[at] ^= static_cast<std::uint8_t>(1U << driver.random(8));
    Driver target(GetParam(), 20'000, 0);
    ByteReader in(bytes);
    refused += !target.directory().load(in).is_ok();  // a changed time is no damage it can see
  }
  EXPECT_GT(refused, 150U);
  ByteReader cut(Bytes(out.bytes()).first(out.bytes().size() / 2));
  EXPECT_FALSE(driver.directory().load(cut).is_ok());
  EXPECT_EQ(driver.look(17).slot, 17U);
}

INSTANTIATE_TEST_SUITE_P(Words, KeyDirectoryTest, ::testing::Values(1U, 2U));

}  // namespace
}  // namespace weir::decide
