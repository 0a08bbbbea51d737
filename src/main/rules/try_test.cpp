// `weir rules try` on a log: what the pass knew at each event is what the candidate sees.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <future>

#include "decide/lists.hpp"
#include "main/command.hpp"
#include "main/pass_start.hpp"
#include "wire/ndjson.hpp"

namespace weir::main {
namespace {

namespace fs = std::filesystem;

class RulesTryTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = (fs::temp_directory_path() / ("weir_try_" + std::to_string(::getpid()))).string();
    fs::remove_all(dir_);
    gate::GateOptions options;
    options.dir = dir_;
    options.threads = 1;
    options.segments.durability = storage::Durability::kProcess;
    options.segments.segment_bytes = std::uint64_t{16} << 20;
    auto gate = start_pass(std::move(options), Config(), "rule none: tag none if true\n", "test");
    ASSERT_TRUE(gate) << gate.error().to_string();
    gate_ = std::move(*gate);
  }
  void TearDown() override {
    gate_.reset();
    fs::remove_all(dir_);
  }

  // Decides payments of account "shop" to each creditor.
  void pay(const std::vector<std::string>& creditors) {
    std::string text;
    for (const std::string& creditor : creditors) {
      text += R"({"id":"e-)" + std::to_string(++events_) +
              R"(","time":"2026-01-05T00:00:00Z","amount":5,"debtor":"shop","creditor":")" +
              creditor + "\"}\n";
    }
    gate::Submission submission;
    std::vector<wire::JsonItemError> errors;
    wire::NdjsonReader reader({});
    ASSERT_TRUE(reader.read(text, submission.batch, errors).is_ok());
    ASSERT_TRUE(gate_->submit(std::move(submission)).is_ok());
    gate_->drain();
  }
  void put_list(const std::string& account) {
    decide::Lists lists;
    ASSERT_TRUE(lists.put("vip", {.kind = "account", .value = account}).is_ok());
    ByteWriter saved;
    lists.save(saved);
    ByteWriter payload;
    encode(gate::ListsControl{++lists_version_, "test", std::move(saved.buffer())}, payload);
    std::promise<Result<ledger::Height>> applied;
    gate_->control(ledger::ControlType::kLists, std::move(payload.buffer()),
                   [&](const Result<ledger::Height>& at) { applied.set_value(at); });
    ASSERT_TRUE(applied.get_future().get());
  }
  // Returns the report of a trial on the log so far, as JSON.
  std::string tried(const std::string& rules) {
    gate_.reset();
    const std::string words[] = {"rules",           "try", rules, "--log", dir_, "--json",
                                 dir_ + "/try.json"};
    EXPECT_EQ(run_command(words), kExitOk);
    return read_text_file(dir_ + "/try.json").value();
  }

  std::string dir_;
  std::unique_ptr<gate::Gate> gate_;
  int events_ = 0;
  std::uint32_t lists_version_ = 0;
};

TEST_F(RulesTryTest, SeesNamedListsAsTheyWereAtEachEvent) {
  pay({"a-1", "a-2"});
  put_list("a-1");
  pay({"a-1", "a-2"});
  put_list("a-2");
  pay({"a-1", "a-2", "a-2"});
  const std::string report = tried("rule first: hold if creditor in @vip");
  EXPECT_NE(report.find(R"("events":7,)"), std::string::npos) << report;
  EXPECT_NE(report.find(R"("changed":3,)"), std::string::npos) << report;
  std::string changes;
  for (const int seq : {3, 6, 7}) {
    changes += (changes.empty() ? "" : ",") + std::string(R"({"seq":)") + std::to_string(seq) +
               R"(,"before":"pass","after":"hold","rule":"first"})";
  }
  EXPECT_NE(report.find(R"("changes":[)" + changes + "]"), std::string::npos) << report;
}

}  // namespace
}  // namespace weir::main
