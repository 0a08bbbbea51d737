#include "storage/chained_lines.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "storage/fault_files.hpp"

namespace weir::storage {
namespace {

namespace fs = std::filesystem;

std::string entry(std::uint64_t number) {
  return R"({"action":"rules_put","n":)" + std::to_string(number) + "}";
}

class ChainedLinesTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = (fs::temp_directory_path() /
            ("weir_chain_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()))
               .string();
    fs::remove_all(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::unique_ptr<ChainedLines> open() {
    auto lines = ChainedLines::open(dir_, options_);
    EXPECT_TRUE(lines) << lines.error().to_string();
    return lines ? std::move(*lines) : nullptr;
  }
  // Opens the chain, appends entries and closes it.
  void write(std::uint64_t count) {
    const auto lines = open();
    for (std::uint64_t i = 0; i < count; ++i) {
      ASSERT_TRUE(lines->append(entry(lines->next())).is_ok());
    }
    ASSERT_TRUE(lines->sync().is_ok());
  }
  ChainReport verify(const std::optional<Digest>& since = {}) const {
    const auto report = verify_chain(dir_, since);
    EXPECT_TRUE(report) << report.error().to_string();
    return report.value_or(ChainReport());
  }
  std::map<std::string, std::string> read() const {
    std::map<std::string, std::string> files;
    for (const auto& file : fs::directory_iterator(dir_)) {
      std::ostringstream text;
      text << std::ifstream(file.path(), std::ios::binary).rdbuf();
      files[file.path().filename().string()] = text.str();
    }
    return files;
  }
  void put(const std::map<std::string, std::string>& files) const {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
    for (const auto& [name, text] : files) {
      std::ofstream(dir_ + "/" + name, std::ios::binary) << text;
    }
  }

  std::string dir_;
  ChainedLinesOptions options_{.instance = "weir-test", .file_bytes_max = 1 << 20, .files = {}};
};

TEST(Chain, HashesAsTheFormatSays) {
  const Digest start = chain_start("weir-golden");
  EXPECT_EQ(to_hex(start), "afeebde4a957e9756f26a1eedee9b4c47d3f3f077fb6a6bf6b1c7c238deace60");
  const Digest one = chain_next(
      start,
      R"({"action":"start","actor":"system","at":"2026-01-01T00:00:00.000Z","detail":{},"n":1,)"
      R"("object":"instance"})");
  const Digest two =
      chain_next(one, R"({"action":"incident.claim","actor":"u-1","at":"2026-01-01T00:00:01.000Z",)"
                      R"("detail":{"version":1},"n":2,"object":"i-42"})");
  EXPECT_EQ(to_hex(two), "da5fbbdd33b56d6df791ee1dfcd1a70e8b469cb2a9f09f80611ae919ec22f2f4");
}

TEST_F(ChainedLinesTest, SurvivesRestartsAndNewFiles) {
  options_.file_bytes_max = 700;  // a first line and four entries
  for (int start = 0; start < 5; ++start) write(4);
  const ChainReport report = verify();
  EXPECT_FALSE(report.fault);
  EXPECT_EQ(report.entries, 20U);
  EXPECT_GT(report.files, 3U);
  EXPECT_EQ(report.instance, "weir-test");
  EXPECT_EQ(report.head, open()->head());
  EXPECT_EQ(open()->next(), 21U);
}

// Each byte of a small chain in two files, so also those of the last line and of the line ends.
TEST_F(ChainedLinesTest, FindsAFlippedBitInEveryByteAndNamesTheLine) {
  options_.file_bytes_max = 500;
  write(4);
  const auto sound = read();
  ASSERT_EQ(sound.size(), 2U);
  for (const auto& [name, text] : sound) {
    std::uint64_t line = 1;
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(text[at] ^ (at % 2 == 0 ? 1 : 32));
      std::ofstream(dir_ + "/" + name, std::ios::binary) << damaged;
      const ChainReport report = verify();
      ASSERT_TRUE(report.fault) << name << " byte " << at;
      EXPECT_EQ(report.fault->file, name);
      EXPECT_EQ(report.fault->line, line) << name << " byte " << at;
      line += text[at] == '\n' ? 1 : 0;
    }
    std::ofstream(dir_ + "/" + name, std::ios::binary) << text;
  }
}

TEST_F(ChainedLinesTest, FindsEveryLineTakenOutSwappedOrDoubled) {
  write(6);
  const auto sound = read();
  const std::string& name = sound.begin()->first;
  std::vector<std::string> lines;
  std::istringstream text(sound.begin()->second);
  for (std::string line; std::getline(text, line);) lines.push_back(line + "\n");
  ASSERT_EQ(lines.size(), 7U);
  const auto expect_fault = [&](const std::vector<std::string>& changed, std::size_t line) {
    std::string all;
    for (const std::string& one : changed) all += one;
    put({{name, all}});
    const ChainReport report = verify();
    ASSERT_TRUE(report.fault) << line;
    EXPECT_EQ(report.fault->line, line);
  };
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    auto out = lines;
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(i));
    expect_fault(out, i + 1);
    auto swapped = lines;
    std::swap(swapped[i], swapped[i + 1]);
    expect_fault(swapped, i + 1);
    auto doubled = lines;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    expect_fault(doubled, i + 2);
  }
}

TEST_F(ChainedLinesTest, OnlyAnOlderHeadShowsThatTheEndWasCutOff) {
  write(5);
  const Digest head = verify().head;
  auto files = read();
  std::string& text = files.begin()->second;
  text.resize(text.rfind('\n', text.size() - 2) + 1);
  put(files);
  EXPECT_FALSE(verify().fault);
  EXPECT_FALSE(verify(head).since_found);
  EXPECT_TRUE(verify(verify().head).since_found);
  EXPECT_TRUE(verify(chain_start("weir-test")).since_found);
  // Whoever goes on from there does not come to that head again.
  const auto lines = open();
  ASSERT_TRUE(lines->append(R"({"n":5,"action":"other"})").is_ok());
  EXPECT_FALSE(verify(head).since_found);
}

TEST_F(ChainedLinesTest, FilesMayBeMissingAtTheBeginningOnly) {
  options_.file_bytes_max = 500;
  write(10);
  auto files = read();
  ASSERT_GT(files.size(), 3U);
  files.erase(files.begin());
  put(files);
  EXPECT_FALSE(verify().fault);
  EXPECT_EQ(verify().first + verify().entries, 11U);
  EXPECT_GT(verify().first, 1U);
  const std::string second = std::next(files.begin())->first;
  const std::string third = std::next(files.begin(), 2)->first;
  files.erase(second);
  put(files);
  ASSERT_TRUE(verify().fault);
  EXPECT_EQ(verify().fault->file, third);
}

TEST_F(ChainedLinesTest, AnotherInstancesFilesDoNotFit) {
  options_.file_bytes_max = 300;
  write(2);
  const auto mine = read();
  ASSERT_EQ(mine.size(), 2U);
  fs::remove_all(dir_);
  options_.instance = "other";
  write(2);
  auto mixed = read();
  mixed[mine.begin()->first] = mine.begin()->second;
  put(mixed);
  ASSERT_TRUE(verify().fault);
  EXPECT_EQ(verify().fault->line, 1U);
  EXPECT_EQ(verify().fault->entry, 2U);
}

// As a crash may leave it: the newest file cut off anywhere.
TEST_F(ChainedLinesTest, GoesOnBehindTheLastWholeLine) {
  options_.file_bytes_max = 500;
  write(4);
  const auto sound = read();
  const auto& [name, text] = *sound.rbegin();
  const auto first = verify().entries;
  ASSERT_EQ(first, 4U);
  for (std::size_t size = 0; size < text.size(); size += 7) {
    auto cut = sound;
    cut[name].resize(size);
    put(cut);
    const std::uint64_t next = open()->next();
    EXPECT_LE(next, 4U);
    write(2);
    const ChainReport report = verify();
    ASSERT_FALSE(report.fault) << size << ": " << report.fault->message;
    EXPECT_EQ(report.entries, next + 1);
  }
}

TEST_F(ChainedLinesTest, GoesOnBehindDamageAndItStaysFound) {
  write(3);
  auto files = read();
  std::string& text = files.begin()->second;
  text[text.size() - 100] ^= 1;  // in the last entry
  put(files);
  write(2);
  const ChainReport report = verify();
  ASSERT_TRUE(report.fault);
  EXPECT_EQ(report.fault->entry, 3U);
  EXPECT_EQ(open()->next(), 6U);
}

TEST_F(ChainedLinesTest, AFailedWriteIsRepeatedInItsPlace) {
  FaultFiles files;
  options_.files = &files;
  const auto lines = open();
  ASSERT_TRUE(lines->append(entry(1)).is_ok());
  files.limit_write_bytes(10);
  files.fail_writes_after(2, ENOSPC);  // twenty bytes of the line are written
  EXPECT_FALSE(lines->append(entry(2)).is_ok());
  EXPECT_EQ(lines->next(), 2U);
  files.fail_writes_after(0, 0);
  files.limit_write_bytes(0);
  ASSERT_TRUE(lines->append(entry(2)).is_ok());
  ASSERT_TRUE(lines->sync().is_ok());
  EXPECT_FALSE(verify().fault);
  EXPECT_EQ(verify().entries, 2U);
}

TEST_F(ChainedLinesTest, WithoutFilesThereIsNothingToVerify) {
  EXPECT_EQ(verify_chain(dir_).error().reason(), "chain_missing");
  open();
  EXPECT_EQ(verify_chain(dir_).error().reason(), "chain_missing");
}

}  // namespace
}  // namespace weir::storage
