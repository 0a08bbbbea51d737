#include "storage/data_dir.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "storage/record_for_test.hpp"

namespace weir::storage {
namespace {

TEST(DataDir, CreatesItsLayout) {
  TestDir scratch;
  const auto dir = DataDir::open(scratch.path() + "/a/b");
  ASSERT_TRUE(dir.has_value()) << dir.error().to_string();
  EXPECT_TRUE(std::filesystem::is_directory(dir->log_dir()));
  EXPECT_TRUE(std::filesystem::is_directory(dir->snapshot_dir()));
  EXPECT_TRUE(std::filesystem::is_directory(dir->index_dir()));
  EXPECT_EQ(dir->database_path(), scratch.path() + "/a/b/weir.db");
  EXPECT_TRUE(DataDir::open_unlocked(scratch.path() + "/a/b").has_value());
}

TEST(DataDir, NamesTheProcessThatHoldsIt) {
  TestDir scratch;
  {
    const auto held = DataDir::open(scratch.path());
    ASSERT_TRUE(held.has_value());
    const auto second = DataDir::open(scratch.path());
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().reason(), "data_dir_locked");
    EXPECT_NE(second.error().message().find("locked by pid " + std::to_string(getpid())),
              std::string::npos);
  }
  EXPECT_TRUE(DataDir::open(scratch.path()).has_value());
}

TEST(DataDir, KeepsTheLockWhenItMoves) {
  TestDir scratch;
  auto first = DataDir::open(scratch.path());
  const DataDir moved = std::move(*first);
  EXPECT_EQ(DataDir::open(scratch.path()).error().reason(), "data_dir_locked");
}

TEST(DataDir, OpensForReadingOnlyWhatIsOne) {
  TestDir scratch;
  EXPECT_EQ(DataDir::open_unlocked(scratch.path()).error().reason(), "data_dir_missing");
  EXPECT_EQ(DataDir::open("/proc/weir").has_value(), false);
}

TEST(DiskSpace, IsMeasured) {
  const auto space = disk_space("/tmp");
  ASSERT_TRUE(space.has_value());
  EXPECT_GT(space->size_bytes, space->free_bytes);
  EXPECT_EQ(disk_space("/no/such/place").error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace weir::storage
