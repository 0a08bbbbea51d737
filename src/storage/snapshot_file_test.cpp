#include "storage/snapshot_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "storage/fault_files.hpp"
#include "storage/record_for_test.hpp"

namespace weir::storage {
namespace {

SnapshotWriter sample(const std::string& profiles) {
  static const std::vector<std::uint8_t> big(100'001, 7);
  SnapshotWriter writer;
  writer.add("profiles", as_bytes(profiles));
  writer.add("edges", big);
  writer.add("nothing", Bytes());
  return writer;
}

std::string name_of(std::uint64_t height) {
  const std::string digits = std::to_string(height);
  return "/" + std::string(20 - digits.size(), '0') + digits + ".snap";
}

std::string profiles_of(const Snapshot& snapshot) {
  const auto bytes = snapshot.section("profiles");
  return bytes ? std::string(bytes->begin(), bytes->end()) : "missing";
}

TEST(Snapshot, GivesBackItsSections) {
  TestDir dir;
  ASSERT_TRUE(write_snapshot(system_files(), dir.path(), 42, sample("hello")).is_ok());
  const auto snapshot = load_snapshot(system_files(), dir.path() + name_of(42));
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().to_string();
  EXPECT_EQ(snapshot->height(), 42U);
  EXPECT_EQ(profiles_of(*snapshot), "hello");
  EXPECT_EQ(snapshot->section("edges")->size(), 100'001U);
  EXPECT_EQ(snapshot->section("nothing")->size(), 0U);
  EXPECT_FALSE(snapshot->section("other").has_value());
  EXPECT_EQ(snapshot->names(), (std::vector<std::string_view>{"profiles", "edges", "nothing"}));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(snapshot->section("edges")->data()) % 8, 0U);
}

TEST(Snapshot, KeepsTheNewestTwo) {
  TestDir dir;
  for (const std::uint64_t height : {5, 9, 100, 11}) {
    ASSERT_TRUE(write_snapshot(system_files(), dir.path(), height, sample("x")).is_ok());
  }
  EXPECT_FALSE(std::filesystem::exists(dir.path() + name_of(9)));
  EXPECT_EQ((*load_newest_snapshot(system_files(), dir.path()))->height(), 100U);
  EXPECT_EQ((*load_newest_snapshot(system_files(), dir.path(), 99))->height(), 11U);
  EXPECT_FALSE((*load_newest_snapshot(system_files(), dir.path(), 10)).has_value());
}

TEST(Snapshot, FallsBackToTheOlderWhenAnyByteOfTheNewerIsDamaged) {
  TestDir dir;
  ASSERT_TRUE(write_snapshot(system_files(), dir.path(), 1, sample("old")).is_ok());
  SnapshotWriter writer;
  writer.add("profiles", as_bytes("new"));
  ASSERT_TRUE(write_snapshot(system_files(), dir.path(), 2, writer).is_ok());
  const std::string path = dir.path() + name_of(2);
  std::ifstream file(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t meant = good.find("new", good.find("profiles")) + 3;  // padding follows
  ASSERT_NE(meant, std::string::npos);
  for (std::size_t i = 0; i < meant; ++i) {
    if (i >= 70 && i < 128) continue;  // padding between table and sections
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    std::ofstream(path, std::ios::binary) << bad;
    EXPECT_FALSE(load_snapshot(system_files(), path).has_value()) << i;
  }
  std::ofstream(path, std::ios::binary) << good.substr(0, good.size() - 1);
  const auto loaded = load_newest_snapshot(system_files(), dir.path());
  ASSERT_TRUE(loaded && loaded->has_value());
  EXPECT_EQ(profiles_of(**loaded), "old");
  for (std::size_t size = 0; size < good.size(); size += 7) {
    std::ofstream(path, std::ios::binary) << good.substr(0, size);
    EXPECT_EQ(load_snapshot(system_files(), path).error().code(), Code::kDataLoss) << size;
  }
}

TEST(Snapshot, IsWholeOrAbsentAfterAPowerCut) {
  TestDir dir;
  ASSERT_TRUE(write_snapshot(system_files(), dir.path(), 1, sample("old")).is_ok());
  for (std::uint64_t failing = 0; failing < 8; ++failing) {
    FaultFiles files;
    files.fail_writes_after(failing, ENOSPC);
    const Status status = write_snapshot(files, dir.path(), 2, sample("new"));
    files.cut_power();
    const auto loaded = load_newest_snapshot(system_files(), dir.path());
    ASSERT_TRUE(loaded && loaded->has_value());
    EXPECT_EQ(profiles_of(**loaded), status ? "new" : "old") << failing;
    if (status) break;
    EXPECT_EQ(status.reason(), "disk_full");
    EXPECT_LT(failing, 7U);
  }
}

TEST(Snapshot, IsNotVisibleUnlessItWasSynced) {
  TestDir dir;
  FaultFiles files;
  files.fail_syncs_after(0, EIO);
  EXPECT_FALSE(write_snapshot(files, dir.path(), 2, sample("new")).is_ok());
  files.cut_power(1'000'000);
  EXPECT_FALSE((*load_newest_snapshot(system_files(), dir.path())).has_value());
}

TEST(SnapshotDeath, ChecksNames) {
  SnapshotWriter writer;
  writer.add("a", Bytes());
  EXPECT_DEATH(writer.add("a", Bytes()), "CHECK failed");
  EXPECT_DEATH(writer.add("", Bytes()), "CHECK failed");
}

}  // namespace
}  // namespace weir::storage
