#include "device/spill_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <numeric>

#include "base/rng.hpp"
#include "device/testing/spill_damage.hpp"

namespace weir::device {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

std::vector<std::uint8_t> noise(std::size_t bytes, std::uint64_t seed) {
  std::vector<std::uint8_t> out(bytes);
  Philox rng(seed, 0);
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(rng.next_u32());
  return out;
}

std::vector<std::uint8_t> ramp(std::size_t bytes) {
  std::vector<std::uint8_t> out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(i / 1000);
  return out;
}

class SpillFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/weir_spill_XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    dir_ = path;
  }
  void TearDown() override {
    EXPECT_TRUE(std::filesystem::is_empty(dir_)) << "something was left behind";
    std::filesystem::remove_all(dir_);
  }
  std::shared_ptr<SpillFile> open(std::uint64_t bytes_max) {
    auto file = SpillFile::open(dir_, bytes_max);
    EXPECT_TRUE(file) << file.error().to_string();
    return *file;
  }
  static std::vector<std::uint8_t> read(const SpillFile& file, const SpillFile::Block& block) {
    std::vector<std::uint8_t> out;
    const Status status = file.read(block, [&](std::size_t at, Bytes part) {
      EXPECT_EQ(at, out.size());
      EXPECT_LE(part.size(), SpillFile::kPartBytes);
      out.insert(out.end(), part.begin(), part.end());
      return Status::ok();
    });
    EXPECT_TRUE(status.is_ok()) << status.to_string();
    return out;
  }
  std::string dir_;
};

TEST_F(SpillFileTest, GivesBackWhatWasWritten) {
  const auto file = open(64 * kMiB);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{4095},
                                  SpillFile::kPartBytes, SpillFile::kPartBytes + 1}) {
    for (const auto& data : {noise(bytes, 7), ramp(bytes)}) {
      const auto block = file->write(data);
      ASSERT_TRUE(block) << block.error().to_string();
      EXPECT_EQ(read(*file, **block), data) << bytes;
    }
  }
  EXPECT_EQ(file->used_bytes(), 0U);
}

TEST_F(SpillFileTest, CompressesWhatCanBeAndNotWhatCannot) {
  const auto file = open(64 * kMiB);
  const auto flat = file->write(ramp(kMiB));
  const auto rough = file->write(noise(kMiB, 3));
  ASSERT_TRUE(flat && rough);
  EXPECT_LT((*flat)->stored_bytes(), kMiB / 50);
  EXPECT_EQ((*rough)->stored_bytes(), kMiB);
}

TEST_F(SpillFileTest, TellsAnyDamage) {
  const auto file = open(64 * kMiB);
  for (const auto& data : {noise(10'000, 1), ramp(1'000'000)}) {
    const auto block = file->write(data);
    ASSERT_TRUE(block);
    for (const std::uint64_t at : {std::uint64_t{0}, (*block)->stored_bytes() - 1}) {
      ASSERT_TRUE(testing::damage_spill_file(dir_, at));
      bool given = false;
      const Status status = file->read(**block, [&](std::size_t, Bytes) {
        given = true;
        return Status::ok();
      });
      EXPECT_EQ(status.code(), Code::kDataLoss);
      EXPECT_EQ(status.reason(), "spill_damaged");
      EXPECT_FALSE(given);
      ASSERT_TRUE(testing::damage_spill_file(dir_, at));  // mended
      EXPECT_EQ(read(*file, **block), data);
    }
  }
}

TEST_F(SpillFileTest, TellsATruncatedFile) {
  const auto file = open(64 * kMiB);
  const auto block = file->write(noise(8192, 1));
  ASSERT_TRUE(block);
  ASSERT_EQ(::ftruncate(testing::nameless_file(dir_), 4096), 0);
  const auto sink = [](std::size_t, Bytes) { return Status::ok(); };
  EXPECT_EQ(file->read(**block, sink).code(), Code::kDataLoss);
}

TEST_F(SpillFileTest, UsesAgainWhatBlocksLeave) {
  const auto file = open(64 * 4096);
  const auto data = noise(4096, 5);
  std::vector<std::shared_ptr<const SpillFile::Block>> blocks;
  Philox rng(11, 0);
  std::uint64_t most = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::size_t pages = 1 + rng.next_u32() % 7;
    const auto block = file->write(noise(4096 * pages, static_cast<std::uint64_t>(i)));
    if (block) {
      blocks.push_back(*block);
    } else {
      EXPECT_EQ(block.error().code(), Code::kResourceExhausted);
      EXPECT_EQ(block.error().reason(), "spill_file_full");
    }
    if (blocks.size() > 12) {
      blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(rng.next_u32() % blocks.size()));
    }
    most = std::max(most, file->used_bytes());
  }
  EXPECT_LE(most, 64U * 4096);
  EXPECT_GT(most, 48U * 4096) << "the limit was never near";
  struct stat info {};
  ASSERT_EQ(::fstat(testing::nameless_file(dir_), &info), 0);
  EXPECT_LE(info.st_size, 128 * 4096) << "the file grows without end";
  blocks.clear();
  EXPECT_EQ(file->used_bytes(), 0U);
}

TEST_F(SpillFileTest, GivesDiskSpaceBackAtOnce) {
  const auto file = open(64 * kMiB);
  auto first = file->write(noise(8 * kMiB, 1));
  const auto last = file->write(noise(4096, 2));
  ASSERT_TRUE(first && last);
  struct stat before {};
  struct stat after {};
  const int fd = testing::nameless_file(dir_);
  ASSERT_EQ(::fstat(fd, &before), 0);
  first->reset();
  ASSERT_EQ(::fstat(fd, &after), 0);
  EXPECT_GE(before.st_blocks * 512, 8 * static_cast<std::int64_t>(kMiB));
  EXPECT_LT(after.st_blocks * 512, static_cast<std::int64_t>(kMiB));
}

TEST_F(SpillFileTest, FailsWholeWhenTheDiskDoes) {
  const auto file = open(64 * kMiB);
  const auto kept = file->write(noise(kMiB, 1));
  ASSERT_TRUE(kept);
  struct rlimit old {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit low = {6 * kMiB, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  const auto block = file->write(noise(9 * kMiB, 2));  // its second part does not fit
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(block);
  EXPECT_NE(block.error().to_string().find(dir_), std::string::npos);
  EXPECT_EQ(file->used_bytes(), kMiB) << "the first part was not given back";
  EXPECT_EQ(read(*file, **kept), noise(kMiB, 1));
}

TEST_F(SpillFileTest, EndsReadingWhenTheSinkFails) {
  const auto file = open(64 * kMiB);
  const auto block = file->write(noise(9 * kMiB, 2));
  ASSERT_TRUE(block);
  int parts = 0;
  const Status status = file->read(**block, [&](std::size_t, Bytes) {
    return ++parts == 2 ? unavailable("device_lost", "gone") : Status::ok();
  });
  EXPECT_EQ(status.reason(), "device_lost");
  EXPECT_EQ(parts, 2);
}

TEST_F(SpillFileTest, NamesADirectoryThatIsNotThere) {
  const auto file = SpillFile::open(dir_ + "/missing", kMiB);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().to_string().find("missing"), std::string::npos);
  EXPECT_EQ(file.error().error().field, "device.spill_dir");
}

}  // namespace
}  // namespace weir::device
