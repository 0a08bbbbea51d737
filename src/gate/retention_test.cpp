// What retention drops, and what still works then.
#include "gate/gate_fixture.hpp"
#include "gate/log_replay.hpp"
#include "gate/replay_start.hpp"

namespace weir::gate {
namespace {

constexpr std::size_t kBatch = 512;

class RetentionTest : public GateFixture {
 protected:
  void SetUp() override {
    GateFixture::SetUp();
    options_.segments.segment_bytes = std::uint64_t{1} << 20;
    options_.segments.zero_ahead_bytes = 0;
    options_.admission.dedup_events = 1024;
    open();
    put_rules("rule large: hold if amount > 900\nrule often: alert if count(debtor, 1h) > 3\n");
  }
  void decide(std::size_t batches) {
    for (std::size_t i = 0; i < batches; ++i) {
      ask(stream(asked_ + 1, kBatch));
      asked_ += kBatch;
    }
  }
  // Closing writes a snapshot.
  void restart() {
    gate_.reset();
    open();
  }
  // Drops all that may go; returns the first height kept.
  ledger::Height retain() {
    const auto first = gate_->retain(1);
    EXPECT_TRUE(first) << first.error().to_string();
    return first.value_or(0);
  }
  std::uint64_t asked_ = 0;
};

TEST_F(RetentionTest, KeepsWhatRecoveryAndRepeatsNeed) {
  decide(20);
  EXPECT_EQ(retain(), 1U) << "there is no snapshot";
  restart();
  decide(1);
  EXPECT_EQ(retain(), 1U) << "there is one snapshot";
  restart();
  decide(20);
  const ledger::Height older = gate_->counters().snapshot_height;
  const ledger::Height first = retain();
  EXPECT_GT(first, 2U);
  EXPECT_LE(first, older + 1);
  EXPECT_EQ(retain(), first);
  // The last events are repeated from the log.
  const Reply again = ask(stream(asked_, 1));
  EXPECT_EQ(again.duplicate.at(0), 1);
  EXPECT_EQ(again.verdicts.at(0).seq, asked_);
}

TEST_F(RetentionTest, RecoversFromEitherSnapshotAndReplaysEqually) {
  decide(20);
  restart();
  decide(10);
  restart();
  decide(10);
  const ledger::Height first = retain();
  ASSERT_GT(first, 1U);
  std::vector<std::string> snapshots;
  for (const auto& file : std::filesystem::directory_iterator(dir_ + "/snap")) {
    snapshots.push_back(file.path());
  }
  std::sort(snapshots.begin(), snapshots.end());
  gate_.reset();
  // Those written by now, but for the oldest one, are lost.
  for (const auto& file : std::filesystem::directory_iterator(dir_ + "/snap")) {
    if (file.path() != snapshots.back()) std::filesystem::remove(file.path());
  }
  open();
  EXPECT_EQ(gate_->log()->first_height(), first);
  EXPECT_GT(gate_->recovery().replayed_events, 0U);
  decide(1);
  const ledger::BlockLog& log = *gate_->log();
  Pass pass(options_.pass);
  const auto from = start_replay(log, dir_ + "/snap", pass);
  ASSERT_TRUE(from) << from.error().to_string();
  EXPECT_GE(*from, first);
  LogReplay replay(log, pass, nullptr, nullptr);
  const auto report = replay.run(*from, log.durable_height(), {1, 2});
  ASSERT_TRUE(report);
  EXPECT_GT(report->events, 0U);
  EXPECT_FALSE(report->difference);
}

TEST_F(RetentionTest, RefusesToStartWithoutASnapshotThatReaches) {
  decide(20);
  restart();
  decide(10);
  restart();
  ASSERT_GT(retain(), 1U);
  gate_.reset();
  std::filesystem::remove_all(dir_ + "/snap");
  const auto gate = Gate::open(options_, clock_);
  ASSERT_FALSE(gate);
  EXPECT_EQ(gate.error().reason(), "snapshot_missing");
}

TEST_F(RetentionTest, LeavesAllWhereTheLogMayGrow) {
  decide(20);
  restart();
  decide(1);
  restart();
  EXPECT_EQ(*gate_->retain(0), 1U);
  EXPECT_EQ(*gate_->retain(std::uint64_t{1} << 40), 1U);
}

}  // namespace
}  // namespace weir::gate
