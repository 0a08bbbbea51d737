#include "ledger/decision_index.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "ledger/decision_run.hpp"
#include "ledger/fixture.hpp"

namespace weir::ledger {
namespace {

namespace fs = std::filesystem;

class DecisionIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = (fs::temp_directory_path() /
            ("weir_index_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()))
               .string();
    fs::remove_all(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::unique_ptr<DecisionIndex> open(Height height_max = UINT64_MAX,
                                      std::size_t run_entries = 500) {
    auto index = DecisionIndex::open(
        dir_, {.run_entries = run_entries, .merge_ways = 3, .height_max = height_max});
    EXPECT_TRUE(index);
    return std::move(*index);
  }
  // Block h holds events number 100 * h .. 100 * h + count - 1.
  static std::vector<wire::Event> events(Height height) {
    std::vector<wire::Event> made;
    for (std::uint64_t i = 0; i < height % 60; ++i)
      made.push_back(fixture::transfer(100 * height + i, 1, 2, 3));
    return made;
  }
  static void add(DecisionIndex& index, Height from, Height to) {
    for (Height height = from; height <= to; ++height) index.add(height, events(height));
  }
  static void expect_all(const DecisionIndex& index, Height to) {
    for (Height height = 1; height <= to; ++height) {
      for (std::uint64_t row = 0; row < height % 60; ++row) {
        const auto found = index.find(fixture::key_of(100 * height + row));
        ASSERT_EQ(found.size(), 1U) << "height " << height << " row " << row;
        ASSERT_EQ(found[0].height, height);
        ASSERT_EQ(found[0].row, row);
      }
    }
    EXPECT_TRUE(index.find(fixture::key_of(99)).empty());
  }
  std::string dir_;
};

TEST_F(DecisionIndexTest, FindsEveryEventInMemoryAndInFiles) {
  const auto index = open();
  add(*index, 1, 300);
  expect_all(*index, 300);
  ASSERT_TRUE(index->flush());
  EXPECT_EQ(index->indexed_height(), 300U);
  expect_all(*index, 300);
  EXPECT_LT(std::distance(fs::directory_iterator(dir_), {}),
            12);  // 9,000 entries: runs were merged
}

// A kill loses what is in memory: the index says from which block to add again.
TEST_F(DecisionIndexTest, SaysWhereToGoOnAfterAKill) {
  {
    const auto index = open();
    add(*index, 1, 200);
    ASSERT_TRUE(index->flush());
    add(*index, 201, 210);
  }
  std::ofstream(dir_ + "/decisions-leftover.run.new") << "half";
  const auto index = open();
  const Height indexed = index->indexed_height();
  EXPECT_EQ(indexed, 200U);
  add(*index, indexed + 1, 230);
  expect_all(*index, 230);
}

TEST_F(DecisionIndexTest, DropsDamagedRunsAndThoseBeyondTheLog) {
  constexpr std::size_t kOnFlushOnly =
      1'500;  // so that the runs do not depend on the thread's pace
  {
    const auto index = open(UINT64_MAX, kOnFlushOnly);
    for (Height height = 1; height <= 80; height += 40) {
      add(*index, height, height + 39);
      ASSERT_TRUE(index->flush());
    }
  }
  { EXPECT_EQ(open(80, kOnFlushOnly)->indexed_height(), 80U); }
  { EXPECT_EQ(open(70, kOnFlushOnly)->indexed_height(), 40U); }
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(dir_)) files.push_back(file.path());
  ASSERT_FALSE(files.empty());
  fs::resize_file(*std::min_element(files.begin(), files.end()), 50);
  const auto index = open();
  EXPECT_EQ(index->indexed_height(), 0U);  // what follows a lost run is lost with it
  add(*index, 1, 90);
  expect_all(*index, 90);
}

TEST_F(DecisionIndexTest, GivesRepeatedIdsNewestFirst) {
  const auto index = open();
  const std::vector<wire::Event> same = {fixture::transfer(7, 1, 2, 3)};
  index->add(1, same);
  ASSERT_TRUE(index->flush());
  index->add(2, same);
  const auto found = index->find(fixture::key_of(7));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].height, 2U);
  EXPECT_EQ(found[1].height, 1U);
}

TEST(DecisionRun, SortsAsAComparatorWould) {
  Philox rng(20261121, 12);
  std::vector<DecisionEntry> entries(5000);
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = {rng.next_u64() << (i % 3 * 20), i};
  std::vector<DecisionEntry> expected = entries;
  std::stable_sort(expected.begin(), expected.end(),
                   [](const DecisionEntry& a, const DecisionEntry& b) {
                     return run_key(a.fingerprint) < run_key(b.fingerprint);
                   });
  std::vector<DecisionEntry> scratch;
  sort_entries(entries, scratch);
  for (std::size_t i = 0; i < entries.size(); ++i) ASSERT_EQ(entries[i].place, expected[i].place);
}

}  // namespace
}  // namespace weir::ledger
