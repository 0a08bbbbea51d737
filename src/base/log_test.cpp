#include "base/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

// A pipe as the log's target. Its 64 KiB hold all that these tests write.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_), 0); }
  ~Pipe() {
    close(ends_[0]);
    close_writer();
  }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_writer() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  std::vector<std::string> read_lines() {
    close_writer();
    std::vector<std::string> lines;
    std::string line;
    char c;
    while (read(ends_[0], &c, 1) == 1) {
      if (c != '\n') {
        line += c;
        continue;
      }
      lines.push_back(line);
      line.clear();
    }
    EXPECT_EQ(line, "");
    return lines;
  }
  // Reads exactly one byte; blocks until there is one.
  void read_byte() {
    char c;
    EXPECT_EQ(read(ends_[0], &c, 1), 1);
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(Log, WritesOneJsonObjectALine) {
  Pipe pipe;
  ManualClock clock(1'795'233'600'123'456);
  {
    Log log({.fd = pipe.writer(), .clock = &clock});
    log.write(LogLevel::kInfo, "gate", "started", "say \"hi\"\n",
              {{"listen", "127.0.0.1:1"},
               {"threads", 2},
               {"load", 0.5},
               {"tls", false},
               {"seq", std::uint64_t{18446744073709551615U}}});
  }
  const auto lines = pipe.read_lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(
      lines[0],
      R"({"ts":"2026-11-21T04:00:00.123456Z","level":"info","msg":"say \"hi\"\n",)"
      R"("component":"gate","code":"started","listen":"127.0.0.1:1","threads":2,)"
      R"("load":0.5,"tls":false,"seq":18446744073709551615})");
}

TEST(Log, WritesTextThatCannotForgeALine) {
  Pipe pipe;
  ManualClock clock(-1);
  {
    Log log({.format = LogFormat::kText, .fd = pipe.writer(), .clock = &clock});
    log.write(LogLevel::kError, "wire", "bad", "a\nb", {{"value", "x\ny"}});
  }
  const auto lines = pipe.read_lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], R"(1969-12-31T23:59:59.999999Z error wire.bad a\nb value="x\ny")");
}

TEST(Log, RedactsFieldsByName) {
  Pipe pipe;
  {
    Log log({.format = LogFormat::kText, .fd = pipe.writer()});
    log.set_redacted({"actor", "rows"});
    log.write(LogLevel::kError, "a", "b", "m", {{"actor", "ana"}, {"rows", 7}, {"seq", 8}});
  }
  const auto lines = pipe.read_lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].ends_with(R"(a.b m actor="redacted" rows="redacted" seq=8)")) << lines[0];
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
  Pipe pipe;
  {
    Log log({.level = LogLevel::kWarning, .fd = pipe.writer()});
    log.write(LogLevel::kInfo, "a", "b", "not this");
    log.set_level(LogLevel::kDebug);
    log.write(LogLevel::kDebug, "a", "b", "but this");
  }
  const auto lines = pipe.read_lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("but this"), std::string::npos);
}

TEST(Log, HoldsBackMoreThanTenOfAKindInASecondAndCountsThem) {
  Pipe pipe;
  ManualClock clock(1'000'000);
  {
    Log log({.format = LogFormat::kText, .fd = pipe.writer(), .clock = &clock});
    for (int i = 0; i < 25; ++i) log.write(LogLevel::kWarning, "disk", "slow", "slow");
    log.write(LogLevel::kWarning, "disk", "full", "another kind is not held back");
    clock.advance_us(1'000'000);
    log.write(LogLevel::kWarning, "disk", "slow", "again");
    log.write(LogLevel::kWarning, "disk", "slow", "again");
  }
  const auto lines = pipe.read_lines();
  ASSERT_EQ(lines.size(), 13U);
  EXPECT_NE(lines[11].find("suppressed=15"), std::string::npos);
  EXPECT_EQ(lines[12].find("suppressed"), std::string::npos);
}

TEST(Log, DropsAndCountsWhenTheReaderIsStuck) {
  Pipe pipe;
  const int bytes = fcntl(pipe.writer(), F_SETPIPE_SZ, 4096);
  ASSERT_GT(bytes, 0);
  {
    Log log({.fd = pipe.writer(), .queue_lines_max = 4, .kind_per_second_max = 1'000'000});
    const std::string big(static_cast<std::size_t>(bytes) * 2, 'x');
    log.write(LogLevel::kInfo, "a", "big", big);
    pipe.read_byte();  // the writer thread is now inside a write that cannot finish
    for (int i = 0; i < 10; ++i) log.write(LogLevel::kInfo, "a", "small", "small");
    EXPECT_EQ(log.dropped(), 6U);
    std::thread drain([&] {
      char buffer[4096];
      std::size_t small = 0;
      std::string all;
      while (small < 4) {
        const ssize_t n = read(pipe.reader(), buffer, sizeof buffer);
        if (n <= 0) break;
        all.append(buffer, static_cast<std::size_t>(n));
        small = 0;
        for (std::size_t at = 0; (at = all.find("\"small\"}", at)) != std::string::npos; ++at)
          ++small;
      }
      EXPECT_EQ(small, 4U);
    });
    log.flush();
    drain.join();
  }
}

TEST(Log, KeepsEveryLineWholeUnderManyThreads) {
  Pipe pipe;
  ASSERT_GT(fcntl(pipe.writer(), F_SETPIPE_SZ, 1 << 20), 0);
  {
    Log log({.format = LogFormat::kText,
             .fd = pipe.writer(),
             .queue_lines_max = 100'000,
             .kind_per_second_max = 1'000'000});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 500; ++i) log.write(LogLevel::kInfo, "a", "b", "line", {{"end", true}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const auto lines = pipe.read_lines();
  ASSERT_EQ(lines.size(), 2000U);
  for (const std::string& line : lines)
    EXPECT_TRUE(line.ends_with("info a.b line end=true")) << line;
}

TEST(Log, ParsesItsNames) {
  EXPECT_EQ(*parse_log_level("warning"), LogLevel::kWarning);
  EXPECT_EQ(*parse_log_format("text"), LogFormat::kText);
  EXPECT_EQ(parse_log_level("loud").error().reason(), "log_level_unknown");
  EXPECT_EQ(parse_log_format("xml").error().reason(), "log_format_unknown");
}

}  // namespace
}  // namespace weir
