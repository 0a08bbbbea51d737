#include "gate/pass_config.hpp"

#include "gate/gate_fixture.hpp"
#include "gate/log_replay.hpp"

namespace weir::gate {
namespace {

// Rules whose points make every score a hold of the default thresholds.
constexpr const char* kRules = "rule points: score 600 if amount > 0\n";

class PassConfigTest : public GateFixture {
 protected:
  Result<ledger::Height> put(std::uint32_t version, std::string text) {
    ByteWriter payload;
    encode(ConfigControl{.version = version, .author = "test", .text = std::move(text)}, payload);
    std::promise<Result<ledger::Height>> applied;
    gate_->control(ledger::ControlType::kConfig, std::move(payload.buffer()),
                   [&](const Result<ledger::Height>& at) { applied.set_value(at); });
    return applied.get_future().get();
  }
  // Decides the next event and returns its outcome.
  int decide() {
    const Reply reply = ask(stream(++asked_, 1));
    return reply.verdicts.at(0).core.outcome;
  }
  ReplayReport replay() {
    const ledger::BlockLog& log = *gate_->log();
    Pass pass(options_.pass);
    pass.start_chain(log.genesis().chain_id, log.genesis().hash(), 1);
    LogReplay replay(log, pass, nullptr, nullptr);
    const auto report = replay.run(1, log.durable_height(), {1, 2});
    EXPECT_TRUE(report) << report.error().to_string();
    return report.value_or(ReplayReport());
  }
  std::uint64_t asked_ = 0;
};

TEST_F(PassConfigTest, ThresholdsChangeThroughTheLogAndReplayEqually) {
  open();
  put_rules(kRules);
  EXPECT_EQ(decide(), 1);
  ASSERT_TRUE(put(1, "decide.hold_tail = 6.0\n"));
  EXPECT_EQ(decide(), 0);
  ASSERT_TRUE(put(2, "decide.block_tail = 5.0\n"));
  EXPECT_EQ(decide(), 2);
  EXPECT_EQ(gate_->versions().config, 2U);
  EXPECT_EQ(gate_->pass().decider().rule_hits()[0].live, 3U) << "counts go on";
  ledger::Block block;
  ASSERT_TRUE(gate_->log()->read(gate_->log()->durable_height(), block).is_ok());
  EXPECT_EQ(block.view().header().config_version, 2U);
  EXPECT_FALSE(replay().difference);
}

TEST_F(PassConfigTest, HoldsAfterARestartFromSnapshotAndFromTheLog) {
  open();
  put_rules(kRules);
  ASSERT_TRUE(put(1, "decide.hold_tail = 6.0\n"));
  EXPECT_EQ(decide(), 0);
  for (const bool snapshot : {true, false}) {
    gate_.reset();
    if (!snapshot) std::filesystem::remove_all(dir_ + "/snap");
    open();
    EXPECT_EQ(gate_->versions().config, 1U);
    EXPECT_EQ(gate_->pass().config_text(), "decide.hold_tail = 6.0\n");
    EXPECT_EQ(decide(), 0) << snapshot;
  }
}

TEST_F(PassConfigTest, ATextThatIsNoConfigurationChangesNothing) {
  open();
  put_rules(kRules);
  EXPECT_EQ(put(1, "[decide\n").error().reason(), "config_text");
  EXPECT_EQ(gate_->versions().config, 0U);
  EXPECT_EQ(decide(), 1);
}

TEST(PassConfig, SetsThresholdsWithAndWithoutRules) {
  PassOptions options;
  set_decide_options(*read_logged_config("decide.alert_tail = 2.5\ndecide.block_tail = 7.0\n"
                                         "decide.fusion = \"sum\"\ndecide.on_failure = \"hold\"\n"),
                     options);
  EXPECT_EQ(options.thresholds.at(0).alert, 2.5);
  EXPECT_EQ(options.thresholds.at(0).block, 7.0);
  EXPECT_EQ(options.decide.alert_e6, 2'500'000U);
  EXPECT_EQ(options.decide.block_e6, 7'000'000U);
  EXPECT_EQ(options.decide.fusion, decide::Fusion::kSum);
  EXPECT_TRUE(options.decide.hold_on_failure);
}

}  // namespace
}  // namespace weir::gate
