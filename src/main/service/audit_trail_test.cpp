#include "main/service/audit_trail.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "storage/fault_files.hpp"

namespace weir::main {
namespace {

namespace fs = std::filesystem;

class AuditTrailTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = (fs::temp_directory_path() /
            ("weir_audit_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()))
               .string();
    fs::remove_all(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }
  std::unique_ptr<AuditTrail> open() {
    auto trail = AuditTrail::open(dir_, options_);
    EXPECT_TRUE(trail) << trail.error().to_string();
    return trail ? std::move(*trail) : nullptr;
  }
  static server::AuditEntry change(unsigned status) {
    return {.at_us = 1'767'607'200'000'000,
            .actor = {.name = "key:1a2b3c4d",
                      .role = "operator",
                      .address = "127.0.0.1",
                      .request_id = "r-1"},
            .action = "rules_put",
            .object = "PUT /v1/rules",
            .status = status};
  }
  storage::ChainReport verify() const {
    const auto report = storage::verify_chain(dir_);
    EXPECT_TRUE(report) << report.error().to_string();
    return report.value_or(storage::ChainReport());
  }
  std::string text() const {
    std::ostringstream all;
    for (const auto& file : fs::directory_iterator(dir_)) {
      all << std::ifstream(file.path()).rdbuf();
    }
    return all.str();
  }

  std::string dir_;
  storage::ChainedLinesOptions options_{.instance = "test", .files = nullptr};
};

TEST_F(AuditTrailTest, WritesCanonicalEntriesAndGoesOnAfterARestart) {
  open()->record(change(200));
  open()->record(change(403));
  EXPECT_NE(text().find(R"({"entry":{"action":"rules_put","actor":"key:1a2b3c4d",)"
                        R"("at":"2026-01-05T10:00:00Z","detail":{"address":"127.0.0.1",)"
                        R"("request_id":"r-1","role":"operator","status":403},"n":2,)"
                        R"("object":"PUT /v1/rules"},"hash":")"),
            std::string::npos)
      << text();
  EXPECT_FALSE(verify().fault);
  EXPECT_EQ(verify().entries, 2U);
}

TEST_F(AuditTrailTest, TakesEntriesFromManyThreads) {
  {
    const auto trail = open();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 200; ++n) trail->record(change(200));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_FALSE(verify().fault);
  EXPECT_EQ(verify().entries, 800U);
}

TEST_F(AuditTrailTest, SaysHowManyEntriesFoundNoRoom) {
  storage::FaultFiles files;
  options_.files = &files;
  files.fail_writes_after(0, ENOSPC);
  const std::size_t sent = 4 * AuditTrail::kWaitingMax;
  {
    const auto trail = open();
    for (std::size_t i = 0; i < sent; ++i) trail->record(change(200));
    files.fail_writes_after(0, 0);
  }
  const storage::ChainReport report = verify();
  EXPECT_FALSE(report.fault);
  const std::string all = text();
  const std::string mark = R"("detail":{"entries":)";
  std::size_t counted = 0;
  std::size_t lines = 0;
  for (std::size_t at = all.find(mark); at != std::string::npos; at = all.find(mark, at + 1)) {
    counted += std::stoul(all.substr(at + mark.size()));
    ++lines;
  }
  EXPECT_GT(counted, 0U);
  EXPECT_EQ(report.entries - lines + counted, sent) << "each is in the chain or counted there";
}

}  // namespace
}  // namespace weir::main
