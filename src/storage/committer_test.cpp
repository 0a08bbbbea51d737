#include "storage/committer.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "storage/fault_files.hpp"
#include "storage/log_reader.hpp"
#include "storage/record_for_test.hpp"

namespace weir::storage {
namespace {

constexpr std::uint64_t kPage = kLogAlignment;

SegmentLogOptions small(FileOps* files) {
  return {.segment_bytes = 16 * kPage,
          .zero_ahead_bytes = 0,
          .prepare_in_background = false,
          .files = files};
}

std::unique_ptr<SegmentLog> must_open(const std::string& dir, FileOps* files) {
  auto log = SegmentLog::open(dir, small(files));
  EXPECT_TRUE(log.has_value());
  return std::move(*log);
}

// Holds the committing thread inside a callback until released.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    reached_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void wait_until_reached() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return reached_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = false;
  bool open_ = false;
};

TEST(GroupCommitter, TellsEverySubmitterInOrder) {
  TestDir dir;
  auto log = must_open(dir.path(), nullptr);
  std::vector<std::uint64_t> told;
  std::vector<LogPosition> positions;
  {
    GroupCommitter committer(*log, {});
    for (std::uint64_t i = 1; i <= 100; ++i) {
      committer.submit({make_test_record(i, (1 + i % 4) * kPage), [&, i](const Committed& c) {
                          EXPECT_TRUE(c.status.is_ok());
                          EXPECT_EQ(c.bytes, (1 + i % 4) * kPage);
                          told.push_back(i);
                          positions.push_back(c.position);
                        }});
    }
    committer.drain();
    const CommitterStats stats = committer.stats();
    EXPECT_EQ(stats.records, 100U);
    EXPECT_EQ(stats.bytes, 250 * kPage);
    EXPECT_EQ(stats.pending_records, 0U);
    EXPECT_GE(stats.groups, 1U);
    EXPECT_EQ(stats.sync_ns.count(), stats.groups);
  }
  std::vector<std::uint64_t> expected(100);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(told, expected);
  EXPECT_EQ(read_test_log(*log).first, expected);
  EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end()));
}

TEST(GroupCommitter, SyncsOnceForAllThatWaited) {
  TestDir dir;
  FaultFiles files;
  auto log = must_open(dir.path(), &files);
  Gate gate;
  GroupCommitter committer(*log, {});
  committer.submit({make_test_record(1, kPage), [&](const Committed&) { gate.wait(); }});
  gate.wait_until_reached();
  const std::uint64_t syncs = files.syncs();
  const std::uint64_t writes = files.writes();
  for (std::uint64_t i = 2; i <= 9; ++i) committer.submit({make_test_record(i, kPage), nullptr});
  gate.open();
  committer.drain();
  EXPECT_EQ(files.syncs(), syncs + 1);
  EXPECT_EQ(files.writes(), writes + 1);  // adjacent records go out in one call
  EXPECT_EQ(committer.stats().groups, 2U);
}

TEST(GroupCommitter, BracketsTheCallbacksOfEachGroup) {
  TestDir dir;
  auto log = must_open(dir.path(), nullptr);
  Gate gate;
  std::vector<std::string> told;
  CommitterOptions options;
  options.around_group = [&](const std::function<void()>& finish) {
    told.push_back("(");
    finish();
    told.push_back(")");
  };
  GroupCommitter committer(*log, options);
  committer.submit({make_test_record(1, kPage), [&](const Committed&) {
                      told.push_back("1");
                      gate.wait();
                    }});
  gate.wait_until_reached();
  for (std::uint64_t i = 2; i <= 3; ++i) {
    committer.submit({make_test_record(i, kPage),
                      [&told, i](const Committed&) { told.push_back(std::to_string(i)); }});
  }
  gate.open();
  committer.drain();
  EXPECT_EQ(told, (std::vector<std::string>{"(", "1", ")", "(", "2", "3", ")"}));
}

TEST(GroupCommitter, SplitsABacklogAtTheLargestGroup) {
  TestDir dir;
  FaultFiles files;
  auto log = must_open(dir.path(), &files);
  Gate gate;
  GroupCommitter committer(*log, {.group_bytes_max = 3 * kPage});
  committer.submit({make_test_record(1, kPage), [&](const Committed&) { gate.wait(); }});
  gate.wait_until_reached();
  for (std::uint64_t i = 2; i <= 8; ++i) committer.submit({make_test_record(i, kPage), nullptr});
  committer.submit({make_test_record(9, 5 * kPage), nullptr});  // larger than a group: alone
  gate.open();
  committer.drain();
  EXPECT_EQ(committer.stats().groups, 1 + 3 + 1U);
}

TEST(GroupCommitter, AcknowledgesNothingBeforeItIsSynced) {
  TestDir dir;
  FaultFiles files;
  auto log = must_open(dir.path(), &files);
  GroupCommitter committer(*log, {});
  for (std::uint64_t i = 1; i <= 20; ++i) {
    committer.submit({make_test_record(i, kPage),
                      [&](const Committed&) { EXPECT_EQ(files.unsynced_bytes(), 0U); }});
  }
  committer.drain();
}

TEST(GroupCommitter, FailsEverythingAfterAFailedSyncAndNeverRetries) {
  TestDir dir;
  FaultFiles files;
  auto log = must_open(dir.path(), &files);
  GroupCommitter committer(*log, {});
  int good = 0;
  int bad = 0;
  const auto count = [&](const Committed& c) { ++(c.status ? good : bad); };
  committer.submit({make_test_record(1, kPage), count});
  committer.drain();
  files.fail_syncs_after(0, EIO);
  committer.submit({make_test_record(2, kPage), count});
  committer.drain();
  EXPECT_TRUE(committer.failed());
  files.fail_syncs_after(0, 0);
  const std::uint64_t syncs = files.syncs();
  const std::uint64_t writes = files.writes();
  committer.submit({make_test_record(3, kPage), count});
  committer.drain();
  EXPECT_EQ(good, 1);
  EXPECT_EQ(bad, 2);
  EXPECT_EQ(files.syncs(), syncs);
  EXPECT_EQ(files.writes(), writes);
  EXPECT_EQ(committer.status().reason(), "io");
  EXPECT_EQ(committer.stats().records, 1U);
}

TEST(GroupCommitter, FailsForGoodWhenTheDiskIsFull) {
  TestDir dir;
  FaultFiles files;
  auto log = must_open(dir.path(), &files);
  GroupCommitter committer(*log, {});
  Status told;
  files.fail_writes_after(0, ENOSPC);
  committer.submit({make_test_record(1, kPage), [&](const Committed& c) { told = c.status; }});
  committer.drain();
  EXPECT_EQ(told.reason(), "disk_full");
  EXPECT_TRUE(committer.failed());
}

TEST(GroupCommitter, KeepsEveryAcknowledgedRecordOverPowerCuts) {
  constexpr std::uint64_t kSeed = 20261121;
  Philox rng(kSeed, 0);
  for (int round = 0; round < 40; ++round) {
    TestDir dir;
    FaultFiles files;
    std::uint64_t acknowledged = 0;
    {
      auto log = must_open(dir.path(), &files);
      files.fail_syncs_after(1 + rng.next_below(12), EIO);
      GroupCommitter committer(*log, {.group_bytes_max = 4 * kPage});
      for (std::uint64_t i = 1; i <= 30; ++i) {
        committer.submit(
            {make_test_record(i, (1 + rng.next_below(3)) * kPage), [&, i](const Committed& c) {
               if (c.status) acknowledged = i;
             }});
      }
      committer.drain();
      files.cut_power(rng.next_below(20) * 512);
    }
    auto log = must_open(dir.path(), nullptr);
    const auto [numbers, end] = read_test_log(*log);
    EXPECT_GE(numbers.size(), acknowledged) << "seed " << kSeed << " round " << round;
    for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i + 1);
    ASSERT_TRUE(log->truncate(end).is_ok());
  }
}

TEST(GroupCommitter, RecyclesBuffersThroughItsPool) {
  TestDir dir;
  auto log = must_open(dir.path(), nullptr);
  GroupCommitter committer(*log, {});
  DirectBuffer first = committer.pool().acquire();
  first.append(make_test_record(1, 2 * kPage).bytes());
  const std::uint8_t* const memory = first.data();
  committer.submit({std::move(first), nullptr});
  committer.drain();
  DirectBuffer second = committer.pool().acquire();
  EXPECT_EQ(second.size(), 0U);
  EXPECT_EQ(second.capacity(), 2 * kPage);
  EXPECT_EQ(second.data(), memory);
}

TEST(GroupCommitter, TakesRecordsFromManyThreads) {
  TestDir dir;
  auto log = must_open(dir.path(), nullptr);
  std::uint64_t told = 0;  // callbacks run on one thread
  {
    GroupCommitter committer(*log, {});
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < 50; ++i) {
          committer.submit({make_test_record(t * 100 + i, kPage), [&](const Committed& c) {
                              if (c.status) ++told;
                            }});
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(told, 200U);
  EXPECT_EQ(read_test_log(*log).first.size(), 200U);
}

}  // namespace
}  // namespace weir::storage
