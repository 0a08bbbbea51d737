#include "gate/gate.hpp"

#include <cerrno>
#include <fstream>

#include "gate/gate_fixture.hpp"
#include "storage/fault_files.hpp"

namespace weir::gate {
namespace {

class GateTest : public GateFixture {
 protected:
  // Keeps the pass's thread busy until the value returned is set.
  std::shared_ptr<std::promise<void>> hold_still() {
    auto go_on = std::make_shared<std::promise<void>>();
    std::promise<void> still;
    EXPECT_TRUE(gate_
                    ->at_rest([go_on, &still] {
                      still.set_value();
                      go_on->get_future().wait();
                    })
                    .is_ok());
    still.get_future().wait();
    return go_on;
  }
  Status try_submit(wire::EventBatch batch, unsigned& answers) {
    Submission submission;
    submission.batch = std::move(batch);
    submission.done = [&answers](Reply&&) { ++answers; };
    return gate_->submit(std::move(submission));
  }

  storage::FaultFiles files_;
};

TEST_F(GateTest, AFullQueueRefusesAndLosesNothing) {
  constexpr std::size_t kRows = 10;
  options_.queue_bytes = 5 * kRows * sizeof(wire::Event);
  open();
  auto go_on = hold_still();
  std::vector<std::future<Reply>> taken;
  for (std::size_t i = 0; i < 5; ++i) taken.push_back(send(stream(1 + i * kRows, kRows)));
  unsigned answers = 0;
  for (int again = 0; again < 3; ++again) {
    const Status full = try_submit(stream(51, kRows), answers);
    EXPECT_EQ(full.code(), Code::kResourceExhausted);
    EXPECT_EQ(full.reason(), "queue_full");
    EXPECT_FALSE(full.error().hint.empty());
  }
  EXPECT_EQ(gate_->counters().refused_full.load(), 3 * kRows);
  EXPECT_EQ(gate_->counters().queued_events.load(), 5 * kRows);
  go_on->set_value();
  std::uint64_t seq = 0;
  for (std::future<Reply>& one : taken) {
    const Reply reply = one.get();
    EXPECT_EQ(reply.accepted, kRows);
    for (const wire::Verdict& verdict : reply.verdicts) EXPECT_EQ(verdict.seq, ++seq);
  }
  gate_->drain();
  EXPECT_EQ(gate_->counters().queued_bytes.load(), 0U);
  EXPECT_EQ(ask(stream(51, kRows)).first_seq, seq + 1);  // the very events that were refused
  EXPECT_EQ(answers, 0U);
  EXPECT_EQ(gate_->pass().counters().events.load(), 6 * kRows);
}

TEST_F(GateTest, AnEmptyQueueTakesASubmissionOfAnySize) {
  options_.queue_bytes = 1;
  open();
  EXPECT_EQ(ask(stream(1, 100)).accepted, 100U);
}

TEST_F(GateTest, AcksPromiseWhatTheySay) {
  open();
  const Reply received =
      ask(stream(1, 2), [](Submission& submission) { submission.ack = Ack::kReceived; });
  EXPECT_EQ(received.verdicts[1].seq, 2U);
  EXPECT_EQ(received.verdicts[1].height, 0U);
  EXPECT_EQ(received.verdicts[1].core.threshold_e6, 0U);
  const Reply decided = ask(stream(3, 2), [](Submission& submission) {
    submission.ack = Ack::kDecided;
    submission.details = true;
  });
  EXPECT_EQ(decided.verdicts[0].height, 0U);
  EXPECT_EQ(decided.verdicts[0].core.threshold_e6, 4'000'000U);
  EXPECT_FALSE(decided.decisions[0].committed);
  const Reply committed =
      ask(stream(5, 2), [](Submission& submission) { submission.details = true; });
  EXPECT_GT(committed.verdicts[0].height, 0U);
  EXPECT_TRUE(committed.decisions[0].committed);
  EXPECT_GE(gate_->log()->durable_height(), committed.verdicts[0].height);
}

TEST_F(GateTest, WhatIsAnsweredIsCounted) {
  open();
  for (std::uint64_t number = 1; number <= 200; ++number) {
    ask(stream(number, 1));
    ASSERT_EQ(gate_->counters().committed_events.load(), number);
    ASSERT_EQ(gate_->counters().committed_seq.load(), number);
  }
}

TEST_F(GateTest, AControlHoldsFromItsBlockOnAndAFaultyOneChangesNothing) {
  open();
  put_rules("rule big: hold if amount > 0");
  EXPECT_EQ(ask(stream(1, 1)).verdicts[0].core.outcome,
            static_cast<std::uint8_t>(wire::Outcome::kHold));
  ByteWriter payload;
  encode(RulesControl{.version = 2, .author = "test", .text = "hold if amnt > 0"}, payload);
  std::promise<Result<ledger::Height>> applied;
  gate_->control(ledger::ControlType::kRules, std::move(payload.buffer()),
                 [&](const Result<ledger::Height>& at) { applied.set_value(at); });
  EXPECT_EQ(applied.get_future().get().error().reason(), "name_unknown");
  EXPECT_EQ(gate_->versions().rules, 1U);
  EXPECT_EQ(ask(stream(2, 1)).verdicts[0].core.outcome,
            static_cast<std::uint8_t>(wire::Outcome::kHold));
}

TEST_F(GateTest, CloseFinishesWhatWasAcceptedAndTakesNothingMore) {
  open();
  auto go_on = hold_still();
  std::vector<std::future<Reply>> taken;
  for (std::size_t i = 0; i < 20; ++i) taken.push_back(send(stream(1 + i * 5, 5)));
  std::thread closer([this] { EXPECT_TRUE(gate_->close().is_ok()); });
  while (gate_->health().is_ok()) std::this_thread::yield();
  unsigned answers = 0;
  const Status late = try_submit(stream(1000, 1), answers);
  EXPECT_EQ(late.code(), Code::kUnavailable);
  EXPECT_EQ(late.reason(), "closing");
  go_on->set_value();
  closer.join();
  for (std::future<Reply>& one : taken) EXPECT_EQ(one.get().accepted, 5U);
  EXPECT_EQ(gate_->at_rest([] {}).reason(), "closing");
  EXPECT_EQ(answers, 0U);
}

TEST_F(GateTest, AFailedSyncStopsEveryAcknowledgementUntilRecovery) {
  options_.segments.files = &files_;
  options_.segments.durability = storage::Durability::kPower;
  open();
  ASSERT_EQ(ask(stream(1, 4)).accepted, 4U);
  files_.fail_syncs_after(0, EIO);
  const Reply failed = ask(stream(5, 4));
  EXPECT_FALSE(failed.status.is_ok());
  gate_->drain();
  unsigned answers = 0;
  EXPECT_EQ(try_submit(stream(9, 4), answers).reason(), "log_failed");
  EXPECT_EQ(gate_->health().reason(), "log_failed");
  EXPECT_FALSE(gate_->close().is_ok());
  gate_.reset();
  options_.segments.files = nullptr;
  open();
  // What was acknowledged is there; the rest may be sent again.
  EXPECT_EQ(ask(stream(1, 4)).duplicate, std::vector<std::uint8_t>(4, 1));
  for (const wire::Verdict& verdict : ask(stream(5, 8)).verdicts) EXPECT_NE(verdict.seq, 0U);
  EXPECT_EQ(gate_->admission().next_seq(), 13U);
}

TEST_F(GateTest, ASnapshotThatCannotBeWrittenIsTriedAgain) {
  options_.snapshot_events = 10;
  open();
  const std::string snap = dir_ + "/snap";
  std::filesystem::remove_all(snap);
  { const std::ofstream in_the_way(snap); }
  std::uint64_t next = 1;
  for (; next < 200; ++next) ask(stream(next, 1));
  EXPECT_EQ(gate_->counters().snapshots, 0U);
  std::filesystem::remove(snap);
  std::filesystem::create_directory(snap);
  for (; next < 20'000 && gate_->counters().snapshots == 0; ++next) ask(stream(next, 1));
  EXPECT_GT(gate_->counters().snapshots, 0U);
}

TEST_F(GateTest, ARuleReadsTheBalanceAsTheBlockBeforeLeftIt) {
  options_.pass.mode = ledger::LedgerMode::kExecute;
  open();
  const auto pay = [this](std::uint64_t number, wire::EntityId from, std::uint64_t to,
                          std::int64_t amount) {
    wire::EventBatch batch = stream(number, 1);
    batch.events[0].debtor = from.word;
    batch.events[0].creditor = wire::EntityId::number(wire::EntityKind::kAccount, to).word;
    batch.events[0].amount = amount;
    return ask(std::move(batch)).verdicts[0].core;
  };
  const auto account = wire::EntityId::number(wire::EntityKind::kAccount, 5);
  const auto outside = wire::EntityId::number(wire::EntityKind::kExternal, 1);
  EXPECT_EQ(pay(1, outside, 5, 10'000).ledger_status,
            static_cast<std::uint8_t>(wire::LedgerStatus::kApplied));
  // Nobody read it so far: the rules that do come later.
  put_rules("rule poor: block if balance < 80.00");
  EXPECT_EQ(pay(2, account, 6, 4'000).outcome, static_cast<std::uint8_t>(wire::Outcome::kPass));
  EXPECT_EQ(pay(3, account, 6, 4'000).outcome, static_cast<std::uint8_t>(wire::Outcome::kBlock));
  put_rules("rule large: block if amount > 1000", 2);
  EXPECT_EQ(pay(4, account, 6, 4'000).outcome, static_cast<std::uint8_t>(wire::Outcome::kPass));
}

TEST_F(GateTest, ALogKeepsTheConfigurationsHashItWasBegunWith) {
  open();
  EXPECT_EQ(gate_->log()->genesis().config_hash, Digest{}) << "as logs had it once";
  ask(stream(1, 4));
  options_.config_hash = sha256(as_bytes("edges = 1"));
  reopen();
  EXPECT_EQ(gate_->log()->genesis().config_hash, Digest{});
  ASSERT_TRUE(gate_->close().is_ok());
  gate_.reset();
  std::filesystem::remove_all(dir_);
  const Digest first = options_.config_hash;
  open();
  options_.config_hash = sha256(as_bytes("edges = 2"));
  reopen();
  EXPECT_EQ(gate_->log()->genesis().config_hash, first);
}

TEST_F(GateTest, WithoutADirectoryItDecidesAndLogsNothing) {
  options_.dir.clear();
  open();
  const Reply reply = ask(stream(1, 4), [](Submission& submission) { submission.details = true; });
  EXPECT_EQ(reply.accepted, 4U);
  EXPECT_EQ(reply.verdicts[3].seq, 4U);
  EXPECT_EQ(reply.verdicts[3].height, 0U);
  EXPECT_FALSE(reply.decisions[3].committed);
  EXPECT_EQ(gate_->log(), nullptr);
  EXPECT_FALSE(std::filesystem::exists(dir_));
  // Nothing is kept to answer it with.
  const Reply again = ask(stream(4, 1));
  ASSERT_EQ(again.refused.size(), 1U);
  EXPECT_EQ(again.refused[0].status.reason(), "already_committed");
}

}  // namespace
}  // namespace weir::gate
