// Verdicts are a function of the log alone: the same stream decided under other cuts, threads,
// instruction sets, interruptions and repetitions.
#include <gtest/gtest.h>

#include <cstring>

#include "base/isa.hpp"
#include "gate/gate_fixture.hpp"
#include "gate/restore.hpp"

namespace weir::gate {
namespace {

constexpr std::size_t kEvents = 12'000;
constexpr const char* kRules =
    "rule velocity: hold if count(card, 1h) > 20\n"
    "rule large: block if sum(amount, debtor, 1h) > 200000 and amount > 20000\n"
    "rule many_payees: alert if distinct(creditor, debtor, 1h) > 30\n"
    "rule quick: score 50 if since(debtor) < 3 because 'in a hurry'\n"
    "rule gift: tag gift if memo like '%gift%'\n"
    "rule strange: score 200 if tail > 2.5 shadow\n"
    "limit block to 6% over 10m min 500 then hold\n";

// What a run said about every event, and its blocks.
struct Outcome {
  std::vector<Decision> decisions;  // [kEvents]
  std::vector<Digest> blocks;
};

void expect_same_rows(const Outcome& a, const Outcome& b) {
  ASSERT_EQ(a.decisions.size(), b.decisions.size());
  for (std::size_t row = 0; row < a.decisions.size(); ++row) {
    const Decision& left = a.decisions[row];
    const Decision& right = b.decisions[row];
    ASSERT_EQ(left.seq, right.seq);
    ASSERT_EQ(std::memcmp(&left.core, &right.core, sizeof(wire::VerdictCore)), 0) << row;
    ASSERT_EQ(std::memcmp(left.features.data(), right.features.data(), sizeof left.features), 0);
    ASSERT_EQ(std::memcmp(left.tails.data(), right.tails.data(), sizeof left.tails), 0) << row;
    ASSERT_EQ(left.rule_hits.size(), right.rule_hits.size()) << row;
    for (std::size_t hit = 0; hit < left.rule_hits.size(); ++hit) {
      ASSERT_EQ(left.rule_hits[hit].hit.rule, right.rule_hits[hit].hit.rule);
      ASSERT_EQ(left.rule_hits[hit].hit.flags, right.rule_hits[hit].hit.flags);
    }
  }
}

// Sizes of submissions, each of them a block of its own.
std::vector<std::size_t> random_cuts(std::uint64_t seed, std::size_t largest) {
  Philox rng(seed, 0);
  std::vector<std::size_t> cuts;
  for (std::size_t left = kEvents; left != 0;) {
    const std::size_t most = rng.next_below(3) == 0 ? 3 : largest;
    cuts.push_back(
        std::min<std::size_t>(left, 1 + rng.next_below(static_cast<std::uint32_t>(most))));
    left -= cuts.back();
  }
  return cuts;
}

class DeterminismTest : public GateFixture {
 protected:
  void SetUp() override {
    GateFixture::SetUp();
    options_.merge_submissions = false;
    options_.admission.batch_events = 1024;
    options_.admission.dedup_events = 2 * kEvents;
  }
  void TearDown() override {
    limit_isa(Isa::kAvx512);
    GateFixture::TearDown();
  }

  // Starts a run in an empty directory, with rules and models in force from its first event.
  void begin() {
    gate_.reset();
    std::filesystem::remove_all(dir_);
    open();
    put(ledger::ControlType::kModels,
        ModelsControl{.version = 1, .author = "test", .set = models()});
    put_rules(rules);
  }
  // Submits the stream from `next` on at once, so that batches are in flight together.
  void feed(const std::vector<std::size_t>& cuts, std::size_t next, Outcome& outcome) {
    std::vector<std::future<Reply>> replies;
    std::promise<void> all_queued;
    ASSERT_TRUE(gate_->at_rest([&] { all_queued.get_future().wait(); }).is_ok());
    for (const std::size_t rows : cuts) {
      replies.push_back(send(varied_stream(next + 1, rows), [&](Submission& submission) {
        submission.details = true;
        edit(submission, next);
      }));
      next += rows;
    }
    all_queued.set_value();
    for (std::future<Reply>& one : replies) take(one.get(), outcome);
  }
  static void take(Reply reply, Outcome& outcome) {
    ASSERT_TRUE(reply.status.is_ok()) << reply.status.to_string();
    for (std::size_t row = 0; row < reply.decisions.size(); ++row) {
      const bool fresh = reply.duplicate.empty() || reply.duplicate[row] == 0;
      if (fresh && reply.verdicts[row].seq != 0) {
        outcome.decisions.push_back(std::move(reply.decisions[row]));
      }
    }
  }
  void read_blocks(Outcome& outcome) {
    gate_->drain();
    const ledger::BlockLog& log = *gate_->log();
    ledger::Block block;
    outcome.blocks.clear();
    for (ledger::Height height = 1; height <= log.durable_height(); ++height) {
      ASSERT_TRUE(log.read(height, block).is_ok());
      outcome.blocks.push_back(block.view().hash());
    }
  }
  Outcome run(const std::vector<std::size_t>& cuts) {
    Outcome outcome;
    begin();
    feed(cuts, 0, outcome);
    read_blocks(outcome);
    return outcome;
  }

  std::string rules = kRules;
  // What a test does to the submission whose first event is `first` + 1.
  std::function<void(Submission& submission, std::size_t first)> edit = [](Submission& submission,
                                                                           std::size_t first) {
    // A label of an event decided long before, at the same place whatever the threads.
    if (first > 4000 && first % 5 == 0) {
      submission.labels = {{.seq = first - 3000, .fraud = true, .at_us = 1'700'100'000'000'000}};
    }
  };

 private:
  // Detectors fitted on another stream, once.
  const std::vector<std::uint8_t>& models() {
    static const std::vector<std::uint8_t> fitted = [this] {
      GateOptions options = options_;
      options.dir.clear();
      options.pass.learn.fit_events = 10'240;
      options.pass.learn.trees = 20;
      auto gate = Gate::open(options, clock_);
      EXPECT_TRUE(gate);
      Submission submission;
      submission.batch = varied_stream(1, 11'000, 2);
      (*gate)->submit(std::move(submission)).is_ok();
      (*gate)->drain();
      std::vector<std::uint8_t> set;
      std::promise<void> read;
      (*gate)
          ->at_rest([&] {
            EXPECT_NE((*gate)->pass().models(), nullptr);
            set = (*gate)->pass().models()->serialize();
            read.set_value();
          })
          .is_ok();
      read.get_future().wait();
      return set;
    }();
    return fitted;
  }
};

TEST_F(DeterminismTest, TheStreamExercisesEveryRuleAndOutcome) {
  const Outcome outcome = run({kEvents});
  std::array<std::size_t, 3> outcomes{};
  std::size_t breaker = 0;
  std::size_t late = 0;
  std::vector<bool> fired(6);
  for (const Decision& decision : outcome.decisions) {
    ++outcomes[decision.core.outcome];
    breaker += (decision.core.flags & wire::kBreaker) != 0;
    late += (decision.core.flags & wire::kLate) != 0;
    for (const RuleHitControl& hit : decision.rule_hits) fired.at(hit.hit.rule) = true;
  }
  for (const std::size_t count : outcomes) EXPECT_GT(count, 100U);
  EXPECT_GT(breaker, 10U);
  EXPECT_GT(late, 100U);
  EXPECT_EQ(fired, std::vector<bool>(6, true));
}

TEST_F(DeterminismTest, VerdictsDoNotDependOnCutsNorThreads) {
  edit = [](Submission&, std::size_t) {};  // labels hold from a block on
  const Outcome whole = run({kEvents});
  ASSERT_EQ(whole.decisions.size(), kEvents);
  std::uint64_t seed = 1;
  for (const unsigned threads : {1U, 2U, 8U}) {
    for (const std::size_t largest : {64U, 900U, 6000U}) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      options_.threads = threads;
      options_.admission.batch_events = 256U << (seed % 4);
      options_.merge_submissions = seed % 2 == 0;
      expect_same_rows(run(random_cuts(seed++, largest)), whole);
      ASSERT_FALSE(HasFatalFailure());
    }
  }
}

TEST_F(DeterminismTest, BlocksDoNotDependOnThreads) {
  const std::vector<std::size_t> cuts = random_cuts(77, 1000);
  const Outcome one = run(cuts);
  for (const unsigned threads : {2U, 8U}) {
    options_.threads = threads;
    const Outcome many = run(cuts);
    expect_same_rows(many, one);
    EXPECT_EQ(many.blocks, one.blocks);
  }
}

TEST_F(DeterminismTest, BlocksDoNotDependOnTheInstructionSet) {
  const std::vector<std::size_t> cuts = random_cuts(78, 1000);
  limit_isa(Isa::kScalar);
  const Outcome scalar = run(cuts);
  for (const Isa isa : {Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > isa_detected()) continue;
    SCOPED_TRACE(isa_name(isa));
    gate_.reset();
    limit_isa(isa);
    const Outcome wide = run(cuts);
    expect_same_rows(wide, scalar);
    EXPECT_EQ(wide.blocks, scalar.blocks);
  }
}

// Records and executes: the second has balances and held money to carry over.
class RestartTest : public DeterminismTest, public testing::WithParamInterface<ledger::LedgerMode> {
 protected:
  void SetUp() override {
    DeterminismTest::SetUp();
    options_.pass.mode = GetParam();
    options_.pass.execute.overdraft = 30'000'000;
    // The first fit fails for want of rows, the second replaces the models.
    options_.pass.learn.fit_events = 1300;
    options_.pass.learn.trees = 10;
  }
};

TEST_P(RestartTest, AnInterruptedStreamGivesTheSameBlocks) {
  const std::vector<std::size_t> cuts = random_cuts(79, 500);
  const Outcome whole = run(cuts);
  ASSERT_EQ(whole.decisions.size(), kEvents);
  EXPECT_EQ(whole.decisions.back().versions.models, 2U);
  for (const std::size_t percent : {5U, 30U, 60U, 95U}) {
    const std::size_t stop = cuts.size() * percent / 100;
    const bool snapshots = percent % 2 == 0;
    SCOPED_TRACE("after " + std::to_string(stop) + " blocks");
    const auto middle = cuts.begin() + static_cast<std::ptrdiff_t>(stop);
    Outcome both;
    begin();
    feed({cuts.begin(), middle}, 0, both);
    gate_.reset();
    if (!snapshots) std::filesystem::remove_all(dir_ + "/snap");
    open();
    EXPECT_EQ(gate_->recovery().snapshot_height != 0, snapshots);
    EXPECT_EQ(gate_->recovery().replayed_events == 0, snapshots);
    feed({middle, cuts.end()}, both.decisions.size(), both);
    read_blocks(both);
    expect_same_rows(both, whole);
    EXPECT_EQ(both.blocks, whole.blocks);
  }
}

// A crash: the newest snapshot lies some way behind the end of the log.
TEST_P(RestartTest, ASnapshotWithALogBehindItGivesTheSameBlocks) {
  const std::vector<std::size_t> cuts = random_cuts(81, 500);
  const Outcome whole = run(cuts);
  const auto first = cuts.begin() + static_cast<std::ptrdiff_t>(cuts.size() / 3);
  const auto second = first + static_cast<std::ptrdiff_t>(cuts.size() / 3);
  Outcome parts;
  begin();
  feed({cuts.begin(), first}, 0, parts);
  gate_.reset();
  const std::string snap = dir_ + "/snap";
  const std::string kept = dir_ + "/kept";
  std::filesystem::copy(snap, kept, std::filesystem::copy_options::recursive);
  open();
  feed({first, second}, parts.decisions.size(), parts);
  gate_.reset();
  std::filesystem::remove_all(snap);
  std::filesystem::rename(kept, snap);
  open();
  EXPECT_GT(gate_->recovery().snapshot_height, 0U);
  EXPECT_GT(gate_->recovery().replayed_events, 1000U);
  feed({second, cuts.end()}, parts.decisions.size(), parts);
  read_blocks(parts);
  expect_same_rows(parts, whole);
  EXPECT_EQ(parts.blocks, whole.blocks);
}

// A crash after a snapshot that was copied piece by piece, each after another block: quarantines,
// labels, and windows that count by features and balances come in between.
TEST_P(RestartTest, ASnapshotOfPiecesGivesTheSameBlocks) {
  rules +=
      "rule unusual: tag unusual if count(debtor, 1h where feature.amount_z > 0.2) > 2\n"
      "rule drained: tag drained if sum(amount, debtor, 1h where balance < 200000) > 5000\n"
      "rule exact: tag exact if count(creditor, 30d exact) > 40\n";
  options_.pass.learn.fit_events = 0;  // a fit ends a snapshot that is under way
  const std::vector<std::size_t> cuts = random_cuts(85, 60);
  const std::string snap = dir_ + "/snap";
  const std::string kept = dir_ + "/kept";
  const auto play = [&](std::size_t begin, std::size_t end, Outcome& outcome) {
    for (std::size_t cut = begin; cut < end; ++cut) {
      const std::size_t next = outcome.decisions.size();
      feed({cuts[cut]}, next, outcome);
      if (cut % 4 != 0) continue;
      const std::uint64_t entity =
          wire::EntityId::number(wire::EntityKind::kAccount, cut % 40).word;
      put(ledger::ControlType::kQuarantine,
          QuarantineControl{.quarantine = cut,
                            .entity = entity,
                            .mode = cut % 8 == 0 ? QuarantineMode::kHold : QuarantineMode::kEnd,
                            .zero = {}});
    }
  };
  Outcome whole;
  begin();
  play(0, cuts.size(), whole);
  read_blocks(whole);

  options_.snapshot_events = 300;
  Outcome parts;
  begin();
  std::size_t cut = 0;
  for (; cut < cuts.size() * 3 / 4 && gate_->counters().snapshots == 0; ++cut) {
    play(cut, cut + 1, parts);
  }
  for (int tries = 0; tries < 10'000 && gate_->counters().snapshots == 0; ++tries) {
    at_rest([] {});  // the disk is slow
  }
  ASSERT_EQ(gate_->counters().snapshots, 1U);
  std::filesystem::copy(snap, kept, std::filesystem::copy_options::recursive);
  play(cut, cuts.size() * 4 / 5, parts);
  gate_.reset();
  std::filesystem::remove_all(snap);
  std::filesystem::rename(kept, snap);
  const auto snapshot = storage::load_newest_snapshot(storage::system_files(), snap);
  ASSERT_TRUE(snapshot && *snapshot);
  EXPECT_GT(*last_height(**snapshot), (*snapshot)->height() + 8);
  open();
  EXPECT_EQ(gate_->recovery().snapshot_height, (*snapshot)->height());
  EXPECT_GT(gate_->recovery().replayed_events, 500U);
  play(cuts.size() * 4 / 5, cuts.size(), parts);
  read_blocks(parts);
  expect_same_rows(parts, whole);
  EXPECT_EQ(parts.blocks, whole.blocks);
}

// What its pieces were copied under is gone: no snapshot comes of it.
TEST_P(RestartTest, NewRulesEndASnapshotThatIsUnderWay) {
  options_.snapshot_events = 1;
  options_.pass.learn.fit_events = 0;
  begin();
  Outcome outcome;
  for (int i = 0; i < 20; ++i) {
    feed({1}, outcome.decisions.size(), outcome);
    put_rules(kRules, static_cast<std::uint32_t>(i) + 2);
  }
  EXPECT_EQ(gate_->counters().snapshots, 0U);
  for (const auto& entry : std::filesystem::directory_iterator(dir_ + "/snap")) {
    ADD_FAILURE() << entry.path();
  }
  while (gate_->counters().snapshots == 0 && outcome.decisions.size() < 3'000) {
    feed({1}, outcome.decisions.size(), outcome);
  }
  EXPECT_EQ(gate_->counters().snapshots, 1U);
}

INSTANTIATE_TEST_SUITE_P(Modes, RestartTest,
                         testing::Values(ledger::LedgerMode::kRecord, ledger::LedgerMode::kExecute),
                         [](const auto& mode) {
                           return mode.param == ledger::LedgerMode::kExecute ? "execute" : "record";
                         });

// Repeated and conflicting events between, before and after the new ones of a submission.
wire::EventBatch with_repeats(const wire::EventBatch& fresh, std::size_t first, Philox& rng) {
  wire::EventBatch out;
  const auto copy = [&out](const wire::EventBatch& from, std::size_t row, std::int64_t more) {
    wire::Event event = from.events[row];
    event.amount += more;
    const Bytes side = Bytes(from.side).subspan(event.side_off, event.side_len);
    event.side_off = static_cast<std::uint32_t>(out.side.size());
    out.side.insert(out.side.end(), side.begin(), side.end());
    out.events.push_back(event);
  };
  for (std::size_t row = 0; row < fresh.size(); ++row) {
    copy(fresh, row, 0);
    while (rng.next_below(2) == 0) {
      const std::size_t earlier = rng.next_below(static_cast<std::uint32_t>(first + row + 1));
      copy(varied_stream(earlier + 1, 1), 0, rng.next_below(4) == 0 ? 1 : 0);
    }
  }
  return out;
}

TEST_F(DeterminismTest, StormsOfRepeatedEventsChangeNothing) {
  const std::vector<std::size_t> cuts = random_cuts(82, 500);
  const Outcome calm = run(cuts);
  const auto with_labels = edit;
  for (const unsigned threads : {1U, 8U}) {
    options_.threads = threads;
    Philox rng(83, threads);
    edit = [&](Submission& submission, std::size_t first) {
      with_labels(submission, first);
      submission.batch = with_repeats(submission.batch, first, rng);
    };
    const Outcome storm = run(cuts);
    EXPECT_GT(gate_->admission().repeated(), kEvents / 2);
    EXPECT_GT(gate_->admission()
                  .refused()[static_cast<std::size_t>(wire::Refusal::kIdConflict) - 1001]
                  .load(),
              kEvents / 8);
    expect_same_rows(storm, calm);
    EXPECT_EQ(storm.blocks, calm.blocks);
    // Nothing but repeats: no block at all.
    ASSERT_EQ(ask(varied_stream(1, 2000)).accepted, 0U);
    EXPECT_EQ(gate_->log()->durable_height(), calm.blocks.size());
  }
}

}  // namespace
}  // namespace weir::gate
