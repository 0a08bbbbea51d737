// Recovery that takes verdicts from the log comes to the same state as one that computes them.
#include "gate/gate_fixture.hpp"
#include "gate/log_replay.hpp"
#include "storage/snapshot_file.hpp"

namespace weir::gate {
namespace {

using State = std::vector<std::pair<std::string, std::vector<std::uint8_t>>>;

constexpr const char* kRules =
    "rule large: block if amount > 900\n"
    "rule often: alert if count(debtor, 1h) > 3\n"
    "rule seen: tag seen if sum(amount, creditor, 1d) > 500 shadow\n"
    "limit block to 2% over 10m min 50 then hold\n";

class TrustedLogTest : public GateFixture {
 protected:
  void write_log(const std::string& rules) {
    options_.pass.learn.fit_events = 10'240;
    options_.pass.learn.trees = 10;
    open();
    put_rules(rules);
    for (std::uint64_t first = 1; first < 14'000; first += 500) ask(stream(first, 500));
    std::promise<Result<ledger::Height>> labelled;
    gate_->label({{.seq = 3, .fraud = true, .at_us = 1'700'000'000'000'000}}, "ana",
                 [&](const Result<ledger::Height>& at) { labelled.set_value(at); });
    ASSERT_TRUE(labelled.get_future().get());
    ask(stream(14'001, 500));
    EXPECT_NE(gate_->versions().models, 0U) << "the detectors were fitted";
  }
  // Returns a pass's state as a snapshot has it.
  State state_of(const Pass& pass) const {
    const std::string dir = dir_ + "/state";
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    storage::SnapshotWriter writer;
    pass.save(writer);
    EXPECT_TRUE(storage::write_snapshot(storage::system_files(), dir, 1, writer).is_ok());
    const auto snapshot = storage::load_newest_snapshot(storage::system_files(), dir);
    EXPECT_TRUE(snapshot && *snapshot);
    State state;
    for (const std::string_view name : (*snapshot)->names()) {
      const Bytes bytes = *(*snapshot)->section(name);
      state.emplace_back(name, std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
    }
    return state;
  }
  // Replays the log and returns the state it comes to.
  State replay(bool trust, ReplayReport& report) {
    const ledger::BlockLog& log = *gate_->log();
    Pass pass(options_.pass);
    pass.start_chain(log.genesis().chain_id, log.genesis().hash(), 1);
    LogReplay replay(log, pass, nullptr, nullptr);
    if (trust) replay.trust_log();
    const auto replayed = replay.run(1, log.durable_height(), {2, 3});
    EXPECT_TRUE(replayed) << replayed.error().to_string();
    report = replayed.value_or(ReplayReport());
    return state_of(pass);
  }
  void expect_equal_states() {
    ReplayReport verified;
    ReplayReport applied;
    const State computed = replay(false, verified);
    const State taken = replay(true, applied);
    EXPECT_FALSE(verified.difference);
    EXPECT_FALSE(applied.difference);
    EXPECT_EQ(applied.events, verified.events);
    ASSERT_EQ(computed.size(), taken.size());
    for (std::size_t i = 0; i < computed.size(); ++i) {
      EXPECT_EQ(computed[i], taken[i]) << computed[i].first;
    }
  }
};

TEST_F(TrustedLogTest, ComesToTheSameState) {
  write_log(kRules);
  expect_equal_states();
}

TEST_F(TrustedLogTest, ComesToTheSameStateWithBalances) {
  options_.pass.mode = ledger::LedgerMode::kExecute;
  write_log(kRules);
  expect_equal_states();
}

TEST_F(TrustedLogTest, AsksDetectorsWhereWindowsCountByTheirScores) {
  write_log(
      "rule strange: alert if count(debtor, 1h where tail > 0.5) > 2\n"
      "rule odd: tag odd if sum(amount, creditor, 1h where detector.forest > 0.5) > 5\n");
  EXPECT_TRUE(gate_->pass().decider().rules()->windows_read_scores());
  expect_equal_states();
}

TEST_F(TrustedLogTest, RecoversAGateThatGoesOn) {
  write_log(kRules);
  const Reply before = ask(stream(20'001, 100));
  gate_.reset();
  std::filesystem::remove_all(dir_ + "/snap");
  options_.trust_log = true;
  open();
  EXPECT_GT(gate_->recovery().replayed_events, 14'000U);
  const Reply repeated = ask(stream(20'001, 100));
  ASSERT_EQ(repeated.verdicts.size(), before.verdicts.size());
  for (std::size_t i = 0; i < before.verdicts.size(); ++i) {
    EXPECT_EQ(repeated.verdicts[i].seq, before.verdicts[i].seq);
  }
  ask(stream(30'001, 200));
  ReplayReport report;
  replay(false, report);
  EXPECT_FALSE(report.difference) << "what was decided after it replays equally";
}

}  // namespace
}  // namespace weir::gate
