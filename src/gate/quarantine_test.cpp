#include "gate/gate_fixture.hpp"
#include "gate/log_replay.hpp"
#include "gate/profile_history.hpp"

namespace weir::gate {
namespace {

constexpr std::uint64_t kPayer = 90;

class QuarantineTest : public GateFixture {
 protected:
  // Returns the height from which the record holds, or why it does not.
  Result<ledger::Height> quarantine(std::uint64_t entity, QuarantineMode mode) {
    ByteWriter payload;
    encode(QuarantineControl{.quarantine = 1, .entity = entity, .mode = mode, .zero = {}}, payload);
    std::promise<Result<ledger::Height>> applied;
    gate_->control(ledger::ControlType::kQuarantine, std::move(payload.buffer()),
                   [&](const Result<ledger::Height>& at) { applied.set_value(at); });
    return applied.get_future().get();
  }
  static std::uint64_t account(std::uint64_t number) {
    return wire::EntityId::number(wire::EntityKind::kAccount, number).word;
  }
  // Returns the verdict of one payment of kPayer.
  wire::VerdictCore pay() {
    wire::EventBatch batch = stream(next_++, 1);
    batch.events[0].debtor = account(kPayer);
    const Reply reply = ask(std::move(batch));
    EXPECT_TRUE(reply.status.is_ok()) << reply.status.to_string();
    EXPECT_EQ(reply.verdicts.size(), 1U);
    return reply.verdicts.at(0).core;
  }
  std::uint16_t flags() {
    std::uint16_t found = 0;
    at_rest([&] { found = gate_->pass().profiles().flags({account(kPayer)}); });
    return found;
  }

  std::uint64_t next_ = 1;
};

void expect_held(const wire::VerdictCore& core) {
  EXPECT_EQ(core.outcome, static_cast<std::uint8_t>(wire::Outcome::kHold));
  EXPECT_NE(core.flags & wire::kQuarantined, 0);
  EXPECT_EQ(core.reasons[0], static_cast<std::uint16_t>(wire::Reason::kQuarantined));
}

TEST_F(QuarantineTest, HoldsOrBlocksFromItsBlockOnUntilItEnds) {
  open();
  EXPECT_EQ(pay().outcome, 0);
  ASSERT_TRUE(quarantine(account(kPayer), QuarantineMode::kHold));
  expect_held(pay());
  ASSERT_TRUE(quarantine(account(kPayer), QuarantineMode::kBlock));
  EXPECT_EQ(pay().outcome, static_cast<std::uint8_t>(wire::Outcome::kBlock));
  ASSERT_TRUE(quarantine(account(kPayer), QuarantineMode::kHold));
  expect_held(pay());
  ASSERT_TRUE(quarantine(account(kPayer), QuarantineMode::kEnd));
  EXPECT_EQ(pay().outcome, 0);
  EXPECT_EQ(flags(), 0);
}

TEST_F(QuarantineTest, HoldsAfterRecoveryFromTheLogAndFromASnapshot) {
  open();
  ASSERT_TRUE(quarantine(account(kPayer), QuarantineMode::kHold));  // nobody has named it yet
  for (const bool snapshot : {false, true}) {
    gate_.reset();
    if (!snapshot) std::filesystem::remove_all(dir_ + "/snap");
    open();
    EXPECT_EQ(gate_->recovery().snapshot_height != 0, snapshot);
    EXPECT_EQ(flags(), profile::kQuarantined);
    expect_held(pay());
  }
}

TEST_F(QuarantineTest, ReplaysEqual) {
  open();
  for (const QuarantineMode mode :
       {QuarantineMode::kHold, QuarantineMode::kBlock, QuarantineMode::kEnd}) {
    ASSERT_TRUE(quarantine(account(kPayer), mode));
    pay();
    ask(stream(100 + next_ * 10, 10));
  }
  gate_->drain();
  for (const unsigned threads : {1U, 2U}) {
    Pass pass(options_.pass);
    const ledger::BlockLog& log = *gate_->log();
    pass.start_chain(log.genesis().chain_id, log.genesis().hash(), 1);
    LogReplay replay(log, pass, nullptr, nullptr);
    const auto report = replay.run(1, log.durable_height(), {threads, 4});
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_FALSE(report->difference.has_value());
    EXPECT_EQ(report->events, 33U);
  }
}

TEST_F(QuarantineTest, RefusesWhatNamesNothingOrNoMode) {
  open();
  EXPECT_EQ(quarantine(0, QuarantineMode::kHold).error().reason(), "control_payload");
  EXPECT_EQ(quarantine(account(1), static_cast<QuarantineMode>(3)).error().reason(),
            "control_payload");
  pay();
  EXPECT_EQ(flags(), 0);
}

// The profile of each entity right after an event equals what the pass held then.
TEST_F(QuarantineTest, ProfilesAsOfAnEventEqualWhatTheyWere) {
  open();
  const wire::EntityId payer{account(kPayer)};
  std::vector<std::pair<std::uint64_t, profile::ProfileView>> then;
  for (unsigned step = 0; step < 12; ++step) {
    if (step == 4 || step == 8) {
      const auto mode = step == 4 ? QuarantineMode::kBlock : QuarantineMode::kEnd;
      ASSERT_TRUE(quarantine(payer.word, mode));
    }
    if (step == 6) {
      std::promise<Result<ledger::Height>> applied;
      gate_->label({{.seq = then.back().first, .fraud = true, .at_us = 1'700'000'000'000'000}},
                   "ana", [&](const Result<ledger::Height>& at) { applied.set_value(at); });
      ASSERT_TRUE(applied.get_future().get());
    }
    ask(stream(1000 + step * 10, 1 + step));
    pay();
    const std::uint64_t seq = gate_->admission().next_seq() - 1;
    const std::int64_t time_us = stream(next_ - 1, 1).events[0].time_us;
    at_rest([&] { then.emplace_back(seq, *gate_->pass().profiles().view(payer, time_us)); });
  }
  gate_->drain();
  for (const auto& [seq, view] : then) {
    const auto found =
        profile_as_of(*gate_->log(), options_.pass, gate_->pass().dictionary(), payer, seq);
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(found->view.flags, view.flags) << seq;
    EXPECT_EQ(found->view.events_out, view.events_out);
    EXPECT_EQ(found->view.out_count, view.out_count);
    EXPECT_EQ(found->view.out_sum, view.out_sum);
    EXPECT_EQ(found->view.fraud_out, view.fraud_out);
    EXPECT_EQ(found->view.amount_log_mean, view.amount_log_mean);
    EXPECT_EQ(found->view.amount_log_variance, view.amount_log_variance);
    EXPECT_EQ(found->view.fan_out, view.fan_out);
    EXPECT_EQ(found->view.hours, view.hours);
  }
  EXPECT_GT(then.back().second.fraud_out, 0);
  EXPECT_EQ(then.back().second.events_out, 12U);
  const auto at = [&](std::uint64_t seq) {
    return profile_as_of(*gate_->log(), options_.pass, gate_->pass().dictionary(), payer, seq);
  };
  EXPECT_EQ(at(1).error().reason(), "entity_unknown");
  EXPECT_EQ(at(1'000'000).error().reason(), "seq_unknown");
}

}  // namespace
}  // namespace weir::gate
