#include "device/spill_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/rng.hpp"
#include "device/testing/spill_damage.hpp"

namespace weir::device {
namespace {

constexpr std::size_t kBlock = 10'000;

class CountedPinned final : public PinnedMemory {
 public:
  void* allocate(std::size_t bytes) override {
    if (fail) return nullptr;
    live += bytes;
    return std::aligned_alloc(64, (bytes + 64) / 64 * 64);
  }
  void release(void* memory, std::size_t bytes) override {
    live -= bytes;
    std::free(memory);
  }
  std::atomic<std::size_t> live{0};
  std::atomic<bool> fail{false};
};

class SpillStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/weir_spill_XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    dir_ = path;
    options_.pinned_bytes_max = 2 * kBlock;
    options_.pageable_bytes_max = 2 * kBlock;
    options_.file_bytes_max = 1 << 20;
    options_.dir = dir_;
    options_.pinned = &pinned_;
    options_.on_move = [this](std::string_view name, SpillTier from, SpillTier to) {
      moves_ += std::string(name) + ":" + std::string(spill_tier_name(from)) + ">" +
                std::string(spill_tier_name(to)) + " ";
      if (during_move_) during_move_();
    };
  }
  void TearDown() override {
    store_.reset();
    EXPECT_EQ(pinned_.live.load(), 0U);
    EXPECT_TRUE(std::filesystem::is_empty(dir_));
    std::filesystem::remove_all(dir_);
  }
  void open() {
    auto store = SpillStore::open(options_, clock_);
    ASSERT_TRUE(store) << store.error().to_string();
    store_ = std::move(*store);
  }
  static std::uint8_t byte_of(char name, std::size_t i) {
    return static_cast<std::uint8_t>((i * 7 + static_cast<std::size_t>(name)) >> 2);
  }
  SpilledBlock put(char name, std::size_t bytes = kBlock) {
    auto write = store_->begin(std::string(1, name), bytes);
    EXPECT_TRUE(write) << write.error().to_string();
    if (!write) return {};
    const auto memory = write->memory();
    for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = byte_of(name, i);
    return store_->commit(std::move(*write));
  }
  void expect_read(const SpilledBlock& block, char name) {
    std::size_t seen = 0;
    const Status status = store_->read(block, [&](std::size_t at, Bytes part) {
      EXPECT_EQ(at, seen);
      for (std::size_t i = 0; i < part.size(); ++i) {
        if (part[i] != byte_of(name, at + i)) ADD_FAILURE() << name << " differs at " << at + i;
      }
      seen += part.size();
      return Status::ok();
    });
    EXPECT_TRUE(status.is_ok()) << status.to_string();
    EXPECT_EQ(seen, block.size());
  }

  std::string dir_;
  SpillOptions options_;
  CountedPinned pinned_;
  ManualClock clock_{1'000'000'000};
  std::string moves_;
  std::function<void()> during_move_;
  std::unique_ptr<SpillStore> store_;
};

TEST_F(SpillStoreTest, FillsTiersFromTheTopAndMovesTheOldestDown) {
  open();
  std::vector<SpilledBlock> blocks;
  for (const char name : {'a', 'b', 'c', 'd', 'e', 'f'}) blocks.push_back(put(name));
  EXPECT_EQ(moves_,
            "a:pinned>pageable b:pinned>pageable a:pageable>file c:pinned>pageable "
            "b:pageable>file d:pinned>pageable ");
  const SpillTier want[] = {SpillTier::kFile,     SpillTier::kFile,   SpillTier::kPageable,
                            SpillTier::kPageable, SpillTier::kPinned, SpillTier::kPinned};
  for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_EQ(blocks[i].tier(), want[i]) << i;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    expect_read(blocks[i], static_cast<char>('a' + i));
  }
}

TEST_F(SpillStoreTest, CountsBytesByTierAndDirection) {
  open();
  auto a = put('a');
  auto b = put('b');
  auto c = put('c');
  expect_read(a, 'a');
  expect_read(c, 'c');
  expect_read(c, 'c');
  const SpillCounts counts = store_->counts();
  EXPECT_EQ(counts.of(SpillTier::kPinned).bytes_out, 3 * kBlock);
  EXPECT_EQ(counts.of(SpillTier::kPageable).bytes_out, kBlock);
  EXPECT_EQ(counts.of(SpillTier::kFile).bytes_out, 0U);
  EXPECT_EQ(counts.of(SpillTier::kPageable).bytes_in, kBlock);
  EXPECT_EQ(counts.of(SpillTier::kPinned).bytes_in, 2 * kBlock);
  EXPECT_EQ(counts.of(SpillTier::kPinned).blocks, 2U);
  EXPECT_EQ(counts.of(SpillTier::kPinned).bytes, 2 * kBlock);
  EXPECT_EQ(counts.of(SpillTier::kPageable).bytes, kBlock);
  a.drop();
  b.drop();
  EXPECT_EQ(store_->counts().of(SpillTier::kPinned).bytes, kBlock);
  EXPECT_EQ(store_->counts().of(SpillTier::kPageable).blocks, 0U);
  EXPECT_EQ(pinned_.live.load(), kBlock);
}

TEST_F(SpillStoreTest, KeepsWhatWasReadLately) {
  open();
  auto a = put('a');
  auto b = put('b');
  expect_read(a, 'a');
  auto c = put('c');
  EXPECT_EQ(moves_, "b:pinned>pageable ");
}

TEST_F(SpillStoreTest, CountsWhatIsReadAgainWithinASecondAsThrash) {
  open();
  auto a = put('a');
  auto b = put('b');
  clock_.advance_us(999'999);
  expect_read(a, 'a');
  EXPECT_EQ(store_->counts().thrash, 1U);
  clock_.advance_us(1);
  expect_read(b, 'b');
  EXPECT_EQ(store_->counts().thrash, 1U);
}

TEST_F(SpillStoreTest, RefusesWhatFitsNowhereAndSaysWhatIsHeld) {
  options_.dir.clear();
  open();
  std::vector<SpilledBlock> blocks;
  for (const char name : {'a', 'b', 'c', 'd'}) blocks.push_back(put(name));
  const auto write = store_->begin("weights", kBlock);
  ASSERT_FALSE(write);
  EXPECT_EQ(write.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(write.error().message(),
            "weights: no room for 10000 bytes; held are 20000 of 20000 pinned, 20000 of 20000 "
            "pageable, 0 of 0 file");
  EXPECT_EQ(store_->counts().refused, 1U);
  blocks[1].drop();
  EXPECT_TRUE(store_->begin("weights", kBlock));
  EXPECT_FALSE(store_->begin("too large for any tier", 2 * kBlock + 1));
}

TEST_F(SpillStoreTest, FillsPageableMemoryWhenThereIsNoPinned) {
  options_.pinned = nullptr;
  open();
  auto a = put('a');
  EXPECT_EQ(a.tier(), SpillTier::kPageable);
  expect_read(a, 'a');
}

TEST_F(SpillStoreTest, TakesTheNextTierWhenPinningFails) {
  open();
  pinned_.fail = true;
  auto a = put('a');
  EXPECT_EQ(a.tier(), SpillTier::kPageable);
  pinned_.fail = false;
  auto b = put('b');
  EXPECT_EQ(b.tier(), SpillTier::kPinned) << "the failed attempt kept its room";
}

TEST_F(SpillStoreTest, TellsAndCountsADamagedBlock) {
  options_.pinned = nullptr;
  options_.pageable_bytes_max = kBlock;
  open();
  auto a = put('a');
  auto b = put('b');
  ASSERT_EQ(a.tier(), SpillTier::kFile);
  ASSERT_TRUE(testing::damage_spill_file(dir_, 3));
  const Status status = store_->read(a, [](std::size_t, Bytes) { return Status::ok(); });
  EXPECT_EQ(status.reason(), "spill_damaged");
  EXPECT_EQ(store_->counts().damaged, 1U);
  expect_read(b, 'b');
  EXPECT_EQ(store_->counts().damaged, 1U);
}

TEST_F(SpillStoreTest, StaysWhereItIsWhenTheFileIsFull) {
  options_.pinned = nullptr;
  options_.file_bytes_max = 0;
  open();
  auto a = put('a');
  auto b = put('b');
  EXPECT_FALSE(store_->begin("c", kBlock));
  EXPECT_EQ(moves_, "a:pageable>file ") << "it was not tried";
  EXPECT_EQ(a.tier(), SpillTier::kPageable);
  expect_read(a, 'a');
  expect_read(b, 'b');
}

TEST_F(SpillStoreTest, HoldsNoLockWhileBytesMove) {
  open();
  auto a = put('a');
  auto b = put('b');
  int seen = 0;
  during_move_ = [&] {
    ++seen;
    EXPECT_GE(store_->counts().of(SpillTier::kPinned).blocks, 1U);  // would wait for ever
    expect_read(a, 'a');
    expect_read(b, 'b');
    EXPECT_EQ(b.tier(), SpillTier::kPinned);
  };
  auto c = put('c');
  EXPECT_EQ(seen, 1);
  expect_read(a, 'a');
}

TEST_F(SpillStoreTest, LetsABlockBeDroppedWhileItMoves) {
  options_.pageable_bytes_max = kBlock;
  open();
  auto a = put('a');
  auto b = put('b');
  during_move_ = [&] { a.drop(); };
  auto c = put('c');
  EXPECT_EQ(moves_, "a:pinned>pageable ");
  EXPECT_EQ(store_->counts().of(SpillTier::kPageable).bytes, 0U) << "its copy was not given back";
  EXPECT_EQ(store_->counts().of(SpillTier::kPageable).bytes_out, 0U);
  EXPECT_EQ(c.tier(), SpillTier::kPinned);
  expect_read(b, 'b');
  expect_read(c, 'c');
}

TEST_F(SpillStoreTest, LetsABlockBeDroppedWhileItGoesToTheFile) {
  options_.pinned = nullptr;
  options_.pageable_bytes_max = kBlock;
  open();
  auto a = put('a');
  during_move_ = [&] { a.drop(); };
  auto b = put('b');
  EXPECT_EQ(moves_, "a:pageable>file ");
  EXPECT_EQ(store_->counts().of(SpillTier::kFile).bytes, 0U);
  expect_read(b, 'b');
}

TEST_F(SpillStoreTest, DoesNotMoveWhatIsBeingRead) {
  options_.dir.clear();
  options_.pageable_bytes_max = 4 * kBlock;
  open();
  auto a = put('a');
  auto b = put('b');
  const Status status = store_->read(a, [&](std::size_t, Bytes) {
    auto c = put('c');
    EXPECT_EQ(moves_, "b:pinned>pageable ");
    return Status::ok();
  });
  EXPECT_TRUE(status.is_ok());
}

TEST_F(SpillStoreTest, GivesRoomBackWhenAWriteIsGivenUp) {
  open();
  {
    auto write = store_->begin("a", kBlock);
    ASSERT_TRUE(write);
    EXPECT_EQ(store_->counts().of(SpillTier::kPinned).bytes, kBlock);
  }
  EXPECT_EQ(store_->counts().of(SpillTier::kPinned).bytes, 0U);
  auto empty = put('e', 0);
  EXPECT_EQ(empty.size(), 0U);
  expect_read(empty, 'e');
}

TEST_F(SpillStoreTest, KeepsItsPromisesUnderThreads) {
  options_.on_move = {};
  options_.pinned_bytes_max = kBlock;
  options_.pageable_bytes_max = kBlock;
  open();
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Philox rng(1, static_cast<std::uint64_t>(t));
      std::vector<std::pair<char, SpilledBlock>> mine;
      for (int i = 0; i < 300; ++i) {
        const char name = static_cast<char>('a' + rng.next_u32() % 26);
        const std::size_t bytes = rng.next_u32() % kBlock;
        auto write = store_->begin(std::string(1, name), bytes);
        if (write) {
          const auto memory = write->memory();
          for (std::size_t k = 0; k < bytes; ++k) memory[k] = byte_of(name, k);
          mine.emplace_back(name, store_->commit(std::move(*write)));
        }
        if (!mine.empty()) {
          const auto& [of, block] = mine[rng.next_u32() % mine.size()];
          expect_read(block, of);
        }
        if (mine.size() > 6) {
          mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(rng.next_u32() % mine.size()));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const SpillCounts counts = store_->counts();
  for (const SpillCounts::Tier& tier : counts.tiers) {
    EXPECT_EQ(tier.blocks, 0U);
    EXPECT_EQ(tier.bytes, 0U);
    EXPECT_GT(tier.bytes_out, 0U);
    EXPECT_GT(tier.bytes_in, 0U);
  }
}

}  // namespace
}  // namespace weir::device
