#include "storage/segment_log.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "storage/fault_files.hpp"
#include "storage/log_reader.hpp"
#include "storage/record_for_test.hpp"

namespace weir::storage {
namespace {

constexpr std::uint64_t kPage = kLogAlignment;
constexpr std::uint64_t kSegment = 16 * kPage;

SegmentLogOptions small(FileOps* files = nullptr) {
  return {.segment_bytes = kSegment,
          .zero_ahead_bytes = 4 * kPage,
          .prepare_in_background = false,
          .files = files};
}

std::unique_ptr<SegmentLog> must_open(const std::string& dir, const SegmentLogOptions& options) {
  auto log = SegmentLog::open(dir, options);
  EXPECT_TRUE(log.has_value()) << (log ? "" : log.error().to_string());
  return log ? std::move(*log) : nullptr;
}

LogPosition must_append(SegmentLog& log, std::uint64_t number, std::uint64_t pages) {
  const DirectBuffer record = make_test_record(number, pages * kPage);
  const auto at = log.append(record.bytes());
  EXPECT_TRUE(at.has_value()) << (at ? "" : at.error().to_string());
  return at ? *at : LogPosition{};
}

std::vector<std::uint64_t> up_to(std::uint64_t count) {
  std::vector<std::uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 1);
  return numbers;
}

void overwrite(const std::string& path, std::uint64_t offset, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offset));
  file << bytes;
  ASSERT_TRUE(file.good());
}

std::string segment_path(const TestDir& dir, std::uint64_t number) {
  std::string digits = std::to_string(number);
  return dir.path() + "/" + std::string(20 - digits.size(), '0') + digits + ".seg";
}

TEST(SegmentLog, KeepsRecordsOverReopeningUnderBothDurabilities) {
  for (const Durability durability : {Durability::kPower, Durability::kProcess}) {
    TestDir dir;
    SegmentLogOptions options = small();
    options.durability = durability;
    std::vector<LogPosition> positions;
    {
      auto log = must_open(dir.path(), options);
      for (std::uint64_t i = 1; i <= 20; ++i) positions.push_back(must_append(*log, i, 1 + i % 5));
      ASSERT_TRUE(log->sync().is_ok());
    }
    auto log = must_open(dir.path(), options);
    const auto [numbers, end] = read_test_log(*log);
    EXPECT_EQ(numbers, up_to(20));
    ASSERT_TRUE(log->truncate(end).is_ok());
    EXPECT_EQ(must_append(*log, 21, 1), end);
    DirectBuffer page(kPage);
    for (std::size_t i = 0; i < positions.size(); ++i) {
      ASSERT_TRUE(log->read(positions[i], page.span()).is_ok());
      EXPECT_EQ(test_record_number(page.bytes()), i + 1);
    }
  }
}

TEST(SegmentLog, StartsTheNextSegmentWhereARecordDoesNotFit) {
  TestDir dir;
  auto log = must_open(dir.path(), small());
  EXPECT_EQ(must_append(*log, 1, 10), (LogPosition{0, 0}));
  EXPECT_EQ(must_append(*log, 2, 7), (LogPosition{kSegment, 0}));
  EXPECT_EQ(must_append(*log, 3, 9), (LogPosition{kSegment, 7 * kPage}));
  EXPECT_EQ(must_append(*log, 4, 16), (LogPosition{2 * kSegment, 0}));
  EXPECT_EQ(log->end(), (LogPosition{2 * kSegment, kSegment}));
  EXPECT_EQ(read_test_log(*log).first, up_to(4));
  const DirectBuffer large(kSegment + kPage);
  EXPECT_EQ(log->append(large.bytes()).error().reason(), "record_too_large");
  EXPECT_TRUE(std::filesystem::exists(segment_path(dir, 2 * kSegment)));
}

TEST(SegmentLog, PreallocatesWholeSegmentsAndCountsThem) {
  TestDir dir;
  auto log = must_open(dir.path(), small());
  must_append(*log, 1, 1);
  EXPECT_EQ(std::filesystem::file_size(segment_path(dir, 0)), kSegment);
  EXPECT_EQ(log->bytes_on_disk(), kSegment);
  must_append(*log, 2, 12);  // near the end: the next one is made ready
  EXPECT_EQ(log->segments().size(), 2U);
  EXPECT_GT(*log->free_bytes(), 0U);
}

TEST(SegmentLog, TruncateRemovesLaterSegmentsAndZeroesTheRest) {
  TestDir dir;
  std::vector<LogPosition> positions;
  {
    auto log = must_open(dir.path(), small());
    for (std::uint64_t i = 1; i <= 12; ++i) positions.push_back(must_append(*log, i, 5));
    ASSERT_TRUE(log->sync().is_ok());
  }
  auto log = must_open(dir.path(), small());
  ASSERT_TRUE(log->truncate(positions[4]).is_ok());  // number 5 and all after it go
  EXPECT_EQ(log->segments().size(), 2U);
  EXPECT_EQ(read_test_log(*log).first, up_to(4));
  LogReader reader(*log, positions[4], &test_record_length);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.stop(), LogReader::Stop::kEnd);
  EXPECT_EQ(must_append(*log, 5, 2), positions[4]);
  EXPECT_EQ(read_test_log(*log).first, up_to(5));
}

TEST(SegmentLog, RefusesALogWithAMissingOrCutSegment) {
  TestDir dir;
  {
    auto log = must_open(dir.path(), small());
    for (std::uint64_t i = 1; i <= 12; ++i) must_append(*log, i, 5);
  }
  std::filesystem::resize_file(segment_path(dir, kSegment), kSegment - kPage);
  EXPECT_EQ(SegmentLog::open(dir.path(), small()).error().reason(), "segment_gap");
  std::filesystem::remove(segment_path(dir, kSegment));
  const auto gap = SegmentLog::open(dir.path(), small());
  EXPECT_EQ(gap.error().reason(), "segment_gap");
  EXPECT_EQ(gap.error().code(), Code::kDataLoss);
}

TEST(SegmentLog, CompletesALastSegmentThatACopyCutShort) {
  TestDir dir;
  {
    auto log = must_open(dir.path(), small());
    must_append(*log, 1, 3);
  }
  std::filesystem::resize_file(segment_path(dir, 0), 3 * kPage + 100);
  auto log = must_open(dir.path(), small());
  const auto [numbers, end] = read_test_log(*log);
  EXPECT_EQ(numbers, up_to(1));
  ASSERT_TRUE(log->truncate(end).is_ok());
  EXPECT_EQ(must_append(*log, 2, 13), end);
  EXPECT_EQ(read_test_log(*log).first, up_to(2));
}

TEST(SegmentLog, DropsOnlyWholeOldSegments) {
  TestDir dir;
  auto log = must_open(dir.path(), small());
  for (std::uint64_t i = 1; i <= 12; ++i) must_append(*log, i, 5);
  ASSERT_TRUE(log->drop_before({kSegment, kPage}).is_ok());
  EXPECT_EQ(log->begin(), (LogPosition{kSegment, 0}));
  EXPECT_EQ(read_test_log(*log).first.front(), 4U);
  ASSERT_TRUE(log->drop_before({100 * kSegment, 0}).is_ok());
  EXPECT_EQ(log->begin(), (LogPosition{log->end().segment, 0}));
  DirectBuffer page(kPage);
  EXPECT_EQ(log->read({0, 0}, page.span()).code(), Code::kOutOfRange);
}

TEST(SegmentLog, FillsZerosInTheBackgroundWithoutTouchingRecords) {
  TestDir dir;
  SegmentLogOptions options = small();
  options.segment_bytes = 64 * kSegment;
  options.zero_ahead_bytes = 32 * kSegment;
  options.prepare_in_background = true;
  constexpr std::uint64_t kCount = 300;
  {
    auto log = must_open(dir.path(), options);
    for (std::uint64_t i = 1; i <= kCount; ++i) must_append(*log, i, 1 + i % 16);
    ASSERT_TRUE(log->sync().is_ok());
  }
  auto log = must_open(dir.path(), options);
  const auto [numbers, end] = read_test_log(*log);
  EXPECT_EQ(numbers, up_to(kCount));
  EXPECT_GT(end.segment, 0U);
}

TEST(SegmentLog, OpensForReadingBesideTheWriter) {
  TestDir dir;
  auto log = must_open(dir.path(), small());
  must_append(*log, 1, 3);
  SegmentLogOptions options = small();
  options.read_only = true;
  auto reader = must_open(dir.path(), options);
  EXPECT_EQ(read_test_log(*reader).first, up_to(1));
  must_append(*log, 2, 3);
  EXPECT_EQ(read_test_log(*reader).first, up_to(2));
}

TEST(SegmentLogDeath, AppendsOnlyAfterTheEndIsKnown) {
  TestDir dir;
  must_append(*must_open(dir.path(), small()), 1, 1);
  auto log = must_open(dir.path(), small());
  const DirectBuffer record(kPage);
  EXPECT_DEATH(log->append(record.bytes()).has_value(), "CHECK failed");
}

// ---- reading what is damaged

TEST(LogReader, SaysWhyItStops) {
  TestDir dir;
  auto log = must_open(dir.path(), small());
  for (std::uint64_t i = 1; i <= 9; ++i) must_append(*log, i, 5);  // three in each segment
  overwrite(segment_path(dir, kSegment), 5 * kPage, "XXXX");       // the header of 5
  LogReader reader(*log, log->begin(), &test_record_length);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.stop(), LogReader::Stop::kGarbage);
  EXPECT_EQ(reader.position(), (LogPosition{kSegment, 5 * kPage}));
  EXPECT_FALSE(reader.next());
  ASSERT_TRUE(reader.find(reader.position()));
  EXPECT_EQ(test_record_number(reader.record()), 6U);
  EXPECT_TRUE(reader.next());
  EXPECT_EQ(test_record_number(reader.record()), 7U);
}

TEST(LogReader, TellsZeroedRecordsWithOthersBehindFromTheEnd) {
  TestDir dir;
  auto log = must_open(dir.path(), small());
  for (std::uint64_t i = 1; i <= 4; ++i) must_append(*log, i, 5);
  overwrite(segment_path(dir, 0), 5 * kPage, std::string(5 * kPage, '\0'));  // 2 is gone
  LogReader reader(*log, log->begin(), &test_record_length);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.stop(), LogReader::Stop::kGarbage);
  ASSERT_TRUE(reader.find(reader.position()));
  EXPECT_EQ(test_record_number(reader.record()), 3U);
}

TEST(LogReader, StopsAtARecordThatClaimsMoreThanItsSegment) {
  TestDir dir;
  auto log = must_open(dir.path(), small());
  must_append(*log, 1, 2);
  const DirectBuffer lie = make_test_record(2, 20 * kPage);
  const auto at = log->append(lie.bytes().first(kPage));
  LogReader reader(*log, log->begin(), &test_record_length);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.stop(), LogReader::Stop::kCut);
  EXPECT_EQ(reader.position(), *at);
  EXPECT_FALSE(reader.find(*at));
}

TEST(LogReader, GivesNothingOfAnEmptyLog) {
  TestDir dir;
  auto log = must_open(dir.path(), small());
  LogReader reader(*log, log->begin(), &test_record_length);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.stop(), LogReader::Stop::kEnd);
  EXPECT_FALSE(reader.find(log->begin()));
}

TEST(LogReader, EndsAtAnEmptySegmentFile) {
  TestDir dir;
  std::ofstream(segment_path(dir, 0)).flush();
  auto log = must_open(dir.path(), small());
  LogReader reader(*log, log->begin(), &test_record_length);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.stop(), LogReader::Stop::kEnd);
  ASSERT_TRUE(log->truncate(reader.position()).is_ok());
  EXPECT_EQ(must_append(*log, 1, 16), (LogPosition{0, 0}));
  EXPECT_EQ(read_test_log(*log).first, up_to(1));
}

// ---- a disk that fails

TEST(SegmentLog, GoesOnAfterShortWrites) {
  TestDir dir;
  FaultFiles files;
  files.limit_write_bytes(1000);
  auto log = must_open(dir.path(), small(&files));
  for (std::uint64_t i = 1; i <= 6; ++i) must_append(*log, i, 3);
  EXPECT_EQ(read_test_log(*log).first, up_to(6));
}

TEST(SegmentLog, NamesAFullDisk) {
  TestDir dir;
  FaultFiles files;
  auto log = must_open(dir.path(), small(&files));
  files.fail_allocations(ENOSPC);
  const DirectBuffer record = make_test_record(1, kPage);
  const auto at = log->append(record.bytes());
  EXPECT_EQ(at.error().reason(), "disk_full");
  EXPECT_EQ(at.error().code(), Code::kResourceExhausted);
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    EXPECT_FALSE(entry.path().extension() == ".seg") << entry.path();
    EXPECT_FALSE(entry.path().extension() == ".new") << entry.path();
  }
}

TEST(SegmentLog, NeverRetriesAFailedSync) {
  TestDir dir;
  FaultFiles files;
  SegmentLogOptions options = small(&files);
  options.zero_ahead_bytes = 0;
  auto log = must_open(dir.path(), options);
  must_append(*log, 1, 1);
  files.fail_syncs_after(0, EIO);
  const Status failed = log->sync();
  EXPECT_FALSE(failed.is_ok());
  files.fail_syncs_after(0, 0);  // the disk claims to be well again
  const std::uint64_t syncs = files.syncs();
  EXPECT_EQ(log->sync().to_string(), failed.to_string());
  EXPECT_EQ(files.syncs(), syncs);
  const DirectBuffer record = make_test_record(2, kPage);
  EXPECT_EQ(log->append(record.bytes()).error().to_string(), failed.to_string());
}

TEST(SegmentLog, RecoversFromAPowerCutAtEvery512Bytes) {
  constexpr std::uint64_t kTorn = 6 * kPage;  // two records that were never synced
  for (std::uint64_t kept = 0; kept <= kTorn; kept += 512) {
    TestDir dir;
    FaultFiles files;
    {
      SegmentLogOptions options = small(&files);
      options.zero_ahead_bytes = 0;
      auto log = must_open(dir.path(), options);
      for (std::uint64_t i = 1; i <= 3; ++i) must_append(*log, i, 3);
      ASSERT_TRUE(log->sync().is_ok());
      must_append(*log, 4, 3);
      must_append(*log, 5, 3);
      EXPECT_EQ(files.unsynced_bytes(), kTorn);
      files.cut_power(kept);
      EXPECT_FALSE(log->sync().is_ok());
    }
    auto log = must_open(dir.path(), small());
    const auto [numbers, end] = read_test_log(*log);
    EXPECT_EQ(numbers, up_to(3 + kept / (3 * kPage))) << kept;
    ASSERT_TRUE(log->truncate(end).is_ok());
    EXPECT_EQ(must_append(*log, numbers.size() + 1, 1), end);
    EXPECT_EQ(read_test_log(*log).first, up_to(numbers.size() + 1)) << kept;
  }
}

TEST(SegmentLog, ForgetsASegmentWhoseDirectoryEntryWasNotSynced) {
  TestDir dir;
  FaultFiles files;
  auto log = must_open(dir.path(), small(&files));
  must_append(*log, 1, 3);
  ASSERT_TRUE(log->sync().is_ok());
  files.cut_power();
  auto again = must_open(dir.path(), small());
  EXPECT_EQ(read_test_log(*again).first, up_to(1));  // creating it synced the directory
}

}  // namespace
}  // namespace weir::storage
