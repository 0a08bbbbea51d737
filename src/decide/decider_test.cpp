#include "decide/decider.hpp"

#include "base/rng.hpp"
#include "decide/decide_fixture.hpp"

namespace weir::decide {
namespace {

using wire::Outcome;
using wire::Reason;
using wire::VerdictCore;

Outcome outcome(const VerdictCore& core) {
  return static_cast<Outcome>(core.outcome);
}
bool has(const VerdictCore& core, wire::VerdictFlags flag) {
  return (core.flags & flag) != 0;
}

TEST(Decider, AppliesClassesInTheFixedOrder) {
  struct Case {
    const char* name;
    std::string rules;
    std::uint16_t entity;
    std::uint32_t tail_e6;
    Outcome expected;
    bool alert;
    bool allowed;
  };
  const std::string allow = "allow if true\n";
  const std::string block = "block if true\n";
  const std::string hold = "hold if true\n";
  const std::string alert = "alert if true\n";
  const Case cases[] = {
      {"nothing", "", 0, 0, Outcome::kPass, false, false},
      {"alert", alert, 0, 0, Outcome::kPass, true, false},
      {"hold", hold, 0, 0, Outcome::kHold, true, false},
      {"block over hold", hold + block, 0, 0, Outcome::kBlock, true, false},
      {"allow cancels block and hold", allow + hold + block, 0, 0, Outcome::kPass, false, true},
      {"allow cancels the score", allow, 0, 9'000'000, Outcome::kPass, true, true},
      {"allow never cancels an alert", allow + alert, 0, 0, Outcome::kPass, true, true},
      {"allow list", block, profile::kAllow, 0, Outcome::kPass, false, true},
      {"deny over allow", allow, profile::kDeny, 0, Outcome::kBlock, true, true},
      {"quarantine holds in spite of allow", allow, profile::kQuarantined, 0, Outcome::kHold, false,
       true},
      {"quarantine that blocks", "", profile::kQuarantined | profile::kQuarantineBlocks, 0,
       Outcome::kBlock, false, false},
      {"a rule blocks what quarantine holds", block, profile::kQuarantined, 0, Outcome::kBlock,
       true, false},
      {"deny over quarantine", "", profile::kDeny | profile::kQuarantined, 0, Outcome::kBlock, true,
       false},
      {"watch", "", profile::kWatch, 0, Outcome::kPass, true, false},
      {"score alerts", "", 0, 4'000'000, Outcome::kPass, true, false},
      {"score just below", "", 0, 3'999'999, Outcome::kPass, false, false},
      {"score holds", "", 0, 5'000'000, Outcome::kHold, true, false},
      {"a score alone never blocks by default", "", 0, 9'000'000, Outcome::kHold, true, false},
      {"shadow has no effect", "block if true shadow\n", 0, 0, Outcome::kPass, false, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    DecideFixture f;
    f.rules(c.rules);
    const VerdictCore core = f.one({.tail_e6 = c.tail_e6, .entity_flags = c.entity});
    EXPECT_EQ(outcome(core), c.expected);
    EXPECT_EQ(has(core, wire::kAlert), c.alert);
    EXPECT_EQ(has(core, wire::kAllowed), c.allowed);
  }
}

TEST(Decider, CountsLiveAndShadowHitsAndNamesTheTopRule) {
  DecideFixture f;
  f.rules(
      "rule z: block if amount > 1\n"
      "rule a: block if amount > 1\n"
      "rule s: hold if true shadow\n"
      "rule t: tag vip if true\n"
      "rule p: score 30 if true\n"
      "rule q: score 70 if true\n");
  const VerdictCore core = f.one({.amount = 200});
  EXPECT_EQ(core.live_hits, 5);
  EXPECT_EQ(core.shadow_hits, 1);
  EXPECT_EQ(core.top_rule, 2U);     // 'a' before 'z': same class, by name
  EXPECT_EQ(core.reason_count, 4);  // the tag is no reason
  for (const std::uint16_t reason : core.reasons) {
    EXPECT_EQ(reason, static_cast<std::uint16_t>(Reason::kRuleHit));
  }
  ASSERT_EQ(f.hits.size(), 6U);
  const std::uint16_t expected[] = {1, 0, 5, 4, 3, 2};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(f.hits[i].rule, expected[i]) << i;
  EXPECT_EQ(f.hits[5].flags, kShadowHit);
  EXPECT_EQ(f.decider().rule_hits()[2].shadow, 1U);
  EXPECT_EQ(f.decider().rule_hits()[0].live, 1U);
}

TEST(Decider, FusesPointsAndTailsAsIntegers) {
  DecideFixture f;
  f.rules("score 500 if true\nscore -100 if amount > 10\nscore 900 if amount > 100");
  EXPECT_EQ(f.one({.amount = 100}).tail_e6, 4'500'000U);
  EXPECT_EQ(f.one({.amount = 1100}).tail_e6, 3'600'000U);
  EXPECT_EQ(f.one({.amount = 20000}).tail_e6, 9'000'000U);  // 1300 points are clamped to 1000
  EXPECT_EQ(f.one({.amount = 1100, .tail_e6 = 4'200'000}).tail_e6, 4'200'000U);
  f.options({.fusion = Fusion::kSum});
  EXPECT_EQ(f.one({.amount = 1100, .tail_e6 = 4'200'000}).tail_e6, 7'800'000U);
  EXPECT_EQ(f.one({.amount = 20000, .tail_e6 = 4'200'000}).tail_e6, 9'000'000U);
}

TEST(Decider, TakesTheFirstMatchingThresholdRow) {
  DecideFixture f;
  CompileContext context;
  context.thresholds = {{"amount > 1000", 1.0, 2.0, 3.0}, {"currency = 'EUR'", 6.0, 7.0, {}}};
  f.rules("", context);
  EXPECT_EQ(outcome(f.one({.amount = 200'000, .tail_e6 = 3'000'000})), Outcome::kBlock);
  VerdictCore core = f.one({.amount = 200'000, .currency = 978, .tail_e6 = 2'999'999});
  EXPECT_EQ(outcome(core), Outcome::kHold);
  EXPECT_EQ(core.threshold_e6, 2'000'000U);
  core = f.one({.currency = 978, .tail_e6 = 5'000'000});
  EXPECT_EQ(outcome(core), Outcome::kPass);
  EXPECT_EQ(core.threshold_e6, 6'000'000U);
  EXPECT_FALSE(has(core, wire::kAlert));
  EXPECT_EQ(outcome(f.one({.tail_e6 = 5'000'000})), Outcome::kHold);  // those of the options
}

TEST(Decider, BackfillNeverAlerts) {
  DecideFixture f;
  f.rules("alert if true");
  const VerdictCore core = f.one({.tail_e6 = 9'000'000, .flags = wire::kBackfill});
  EXPECT_FALSE(has(core, wire::kAlert));
  EXPECT_EQ(outcome(core), Outcome::kHold);
}

TEST(Decider, BreakerTurnsBlocksIntoHoldsAndClosesAfterAQuietWindow) {
  DecideFixture f;
  f.rules("limit block to 10% over 24m min 20 then hold\nblock if amount > 5");
  for (int i = 0; i < 19; ++i) ASSERT_EQ(outcome(f.one({.t_s = i, .amount = 1})), Outcome::kPass);
  EXPECT_EQ(outcome(f.one({.t_s = 20, .amount = 600})), Outcome::kBlock);  // 1 of 20
  EXPECT_EQ(outcome(f.one({.t_s = 21, .amount = 600})), Outcome::kBlock);  // 2 of 21 < 10 %
  const VerdictCore third = f.one({.t_s = 22, .amount = 600});             // 3 of 22 > 10 %
  EXPECT_EQ(outcome(third), Outcome::kHold);
  EXPECT_TRUE(has(third, wire::kBreaker));
  EXPECT_TRUE(has(third, wire::kAlert));
  EXPECT_EQ(third.reasons[1], static_cast<std::uint16_t>(Reason::kBreakerOpen));
  EXPECT_TRUE(f.decider().breaker_open());
  EXPECT_EQ(outcome(f.one({.t_s = 23, .amount = 1, .entity_flags = profile::kDeny})),
            Outcome::kBlock);  // the deny list is exempt
  // The share falls back below the limit at once, but it closes only after a whole window.
  for (int i = 0; i < 40; ++i) f.one({.t_s = 24, .amount = 1});
  EXPECT_EQ(outcome(f.one({.t_s = 600, .amount = 600})), Outcome::kHold);
  EXPECT_EQ(outcome(f.one({.t_s = 24 + 24 * 60 + 600, .amount = 600})), Outcome::kBlock);
  EXPECT_FALSE(f.decider().breaker_open());
}

TEST(Decider, BreakerCanFallBackToAnAlert) {
  DecideFixture f;
  f.rules("limit block to 0% over 10m min 1 then alert\nblock if true");
  const VerdictCore core = f.one({});
  EXPECT_EQ(outcome(core), Outcome::kPass);
  EXPECT_TRUE(has(core, wire::kAlert));
  EXPECT_TRUE(has(core, wire::kBreaker));
}

TEST(Decider, NewWindowsWarmBeforeTheirRulesAct) {
  DecideFixture f;
  f.rules(
      "rule waits: hold if count(debtor, 1h) > 2\n"
      "rule now: alert if count(debtor, 1h) > 2 at now");
  for (int i = 0; i < 3; ++i) f.one({.t_s = i});
  const VerdictCore early = f.one({.t_s = 4});
  EXPECT_EQ(outcome(early), Outcome::kPass);
  EXPECT_TRUE(has(early, wire::kWarming));
  EXPECT_TRUE(has(early, wire::kAlert));
  EXPECT_EQ(early.live_hits, 1);
  EXPECT_EQ(early.shadow_hits, 1);
  EXPECT_EQ(f.decider().rule_hits()[0].warming, 2U);
  for (int i = 0; i < 3; ++i) f.one({.t_s = 3590 + i, .debtor = 9});
  const VerdictCore warm = f.one({.t_s = 3600, .debtor = 9});
  EXPECT_EQ(outcome(warm), Outcome::kHold);
  EXPECT_FALSE(has(warm, wire::kWarming));
}

TEST(Decider, KeepsWindowsOfEqualTextAcrossRuleSets) {
  DecideFixture f;
  f.rules("window hourly = count(debtor, 1h)\nalert if hourly > 2 at now");
  for (int i = 0; i < 2; ++i) f.one({.t_s = i});
  f.rules("hold if count( debtor,60m )>2 at now\nalert if sum(amount, debtor, 1h) > 0 at now");
  const VerdictCore core = f.one({.t_s = 3});
  EXPECT_EQ(outcome(core), Outcome::kHold);
  EXPECT_EQ(core.live_hits, 2);
  EXPECT_EQ(f.decider().window_stats().size(), 2U);
}

TEST(Decider, FindsTextsThatTheDictionaryLearnsLater) {
  wire::Dictionary dictionary;
  DecideFixture f;
  f.dictionary = &dictionary;
  CompileContext context;
  context.dictionary = &dictionary;
  f.rules("alert if debtor = 'a-1'", context);
  EXPECT_FALSE(f.fires({}));
  const auto kind = static_cast<std::uint8_t>(wire::EntityKind::kCard);
  ASSERT_EQ(*dictionary.add(kind, "a-1"), 1U);
  f.clear();
  f.add({});
  wire::Event event{};
  DecideInput in = f.input();
  event = in.columns->events[0];
  event.debtor = wire::EntityId::interned(wire::EntityKind::kCard, 1).word;
  profile::EventColumns columns = *in.columns;
  columns.events = {&event, 1};
  in.columns = &columns;
  VerdictCore core{};
  ASSERT_TRUE(f.decider().decide(in, {{&core, 1}, nullptr}).is_ok());
  EXPECT_EQ(core.live_hits, 1);
}

TEST(Decider, LooksUpNamedListsWithExpiryInEventTime) {
  auto lists = std::make_shared<Lists>();
  ASSERT_TRUE(lists
                  ->put("vip", {.kind = "account",
                                .value = "7",
                                .expires_us = DecideFixture::kStart + 60 * kSecond})
                  .is_ok());
  ASSERT_TRUE(lists->put("places", {.kind = "text", .value = "USD"}).is_ok());
  DecideFixture f;
  f.rules("allow if debtor in @vip\nalert if currency not in @places\ntag t if memo in @vip");
  f.decider().set_lists(1, lists);
  EXPECT_EQ(f.one({.debtor = 7}).live_hits, 1);
  EXPECT_EQ(f.one({.debtor = 8}).live_hits, 0);
  EXPECT_EQ(f.one({.t_s = 60, .debtor = 7}).live_hits, 0);
  EXPECT_EQ(f.one({.debtor = 8, .currency = 978}).live_hits, 1);
  EXPECT_EQ(f.decider().lists().hits("vip", "account", "7"), 1U);
}

TEST(Decider, HoldsUnscoredRowsOnlyWhenToldTo) {
  DecideFixture f;
  f.add({});
  DecideInput in = f.input();
  const std::uint8_t unavailable = kScoreUnavailable;
  in.score_flags = {&unavailable, 1};
  VerdictCore core{};
  f.rules("");
  ASSERT_TRUE(f.decider().decide(in, {{&core, 1}, nullptr}).is_ok());
  EXPECT_EQ(outcome(core), Outcome::kPass);
  f.options({.hold_on_failure = true});
  ASSERT_TRUE(f.decider().decide(in, {{&core, 1}, nullptr}).is_ok());
  EXPECT_EQ(outcome(core), Outcome::kHold);
  EXPECT_EQ(core.reasons[0], static_cast<std::uint16_t>(Reason::kDetector));
}

TEST(Decider, RefusesColumnsOfAnotherLength) {
  DecideFixture f;
  f.rules("");
  f.add({});
  DecideInput in = f.input();
  const std::uint32_t tails[2] = {};
  in.tail_e6 = tails;
  VerdictCore core{};
  EXPECT_EQ(f.decider().decide(in, {{&core, 1}, nullptr}).code(), Code::kInvalidArgument);
}

// Runs a random stream cut at random places and returns verdicts and snapshot.
struct Replayed {
  std::vector<VerdictCore> verdicts;
  std::vector<std::uint8_t> snapshot;
};
Replayed replay(std::uint64_t cut_seed, std::size_t snapshot_at) {
  constexpr std::string_view kRules =
      "limit block to 20% over 10m min 50 then hold\n"
      "rule velocity: hold if count(debtor, 5m) > 4\n"
      "rule value: block if sum(amount, (creditor, currency), 10m where amount > 1) > 180\n"
      "rule many: alert if distinct(creditor, debtor, 10m) > 5 and since(debtor) < 20\n"
      "rule exact: score 400 if count(creditor, 2m exact) > 6\n"
      "rule fade: score 100 if sum(amount, debtor, 1h decay) > 50\n";
  DecideFixture f;
  f.rules(kRules);
  Philox rng(42, 0);
  Philox cuts(cut_seed, 1);
  Replayed result;
  constexpr std::size_t kRows = 12'000;
  std::int64_t now = 0;
  std::size_t at = 0;
  while (at < kRows) {
    const std::size_t rows = std::min<std::size_t>(kRows - at, 1 + cuts.next_below(4000));
    f.clear();
    for (std::size_t i = 0; i < rows; ++i) {
      now += rng.next_below(3);
      const std::int64_t late = rng.next_below(20) == 0 ? rng.next_below(900) : 0;
      f.add({.t_s = 2000 + now - late,
             .amount = rng.next_below(2000),
             .debtor = 1 + rng.next_below(60),
             .creditor = 1 + rng.next_below(40),
             .tail_e6 = rng.next_below(5'100'000)});
    }
    f.run();
    result.verdicts.insert(result.verdicts.end(), f.verdicts.begin(), f.verdicts.end());
    at += rows;
    if (snapshot_at != 0) {  // save and load into a decider of its own, again and again
      ByteWriter out;
      f.save(out);
      ByteReader in(out.bytes());
      EXPECT_TRUE(f.load(in).is_ok());
    }
  }
  ByteWriter out;
  f.save(out);
  result.snapshot = out.buffer();
  return result;
}

TEST(Decider, DoesNotDependOnBatchCutsOrRestarts) {
  const Replayed a = replay(1, 0);
  std::size_t outcomes[3] = {};
  for (const VerdictCore& core : a.verdicts) ++outcomes[core.outcome];
  for (const std::size_t count : outcomes) EXPECT_GT(count, 50U);
  for (const auto& [seed, restart] : {std::pair{2, 0}, std::pair{3, 1}}) {
    const Replayed b = replay(static_cast<std::uint64_t>(seed), static_cast<std::size_t>(restart));
    ASSERT_EQ(a.verdicts.size(), b.verdicts.size());
    for (std::size_t i = 0; i < a.verdicts.size(); ++i) {
      ASSERT_EQ(std::memcmp(&a.verdicts[i], &b.verdicts[i], sizeof(VerdictCore)), 0) << "row " << i;
    }
    EXPECT_EQ(a.snapshot, b.snapshot);
  }
}

// A limit above the default holds too.
TEST(Decider, KnowsAsManyKeysAsItsRulesWereCompiledFor) {
  constexpr std::size_t kKeys = (std::size_t{1} << 20) + 5'000;
  CompileContext context;
  context.window_keys_max = kKeys;
  DecideFixture f;
  f.rules("alert if count(debtor, 1h) > 1", context);
  std::uint64_t debtor = 0;
  while (debtor < kKeys + 100) {
    f.clear();
    for (int i = 0; i < 8'192 && debtor < kKeys + 100; ++i) f.add({.debtor = ++debtor});
    f.run();
  }
  const Decider::WindowStats stats = f.decider().window_stats().at(0);
  EXPECT_EQ(stats.keys, kKeys);
  EXPECT_EQ(stats.rejected, 100U);
}

TEST(Decider, RefusesSnapshotsThatAreCutOrOfOtherRules) {
  DecideFixture f;
  f.rules("alert if count(debtor, 1h) > 1");
  f.one({});
  ByteWriter out;
  f.save(out);
  for (std::size_t size = 0; size < out.bytes().size(); size += 11) {
    ByteReader in(out.bytes().first(size));
    EXPECT_FALSE(f.load(in).is_ok()) << size;
  }
  f.rules("alert if count(debtor, 2h) > 1");
  ByteReader in(out.bytes());
  EXPECT_EQ(f.load(in).code(), Code::kDataLoss);
}

TEST(Decider, KeepsWhatAWindowSaidWhenItsRuleFired) {
  DecideFixture f;
  f.rules("alert if debtor is not null and sum(amount, debtor, 1h) > 2 * 1.5 at now");
  f.add({.amount = 250});
  f.add({.t_s = 1, .amount = 200});
  f.add({.t_s = 2, .amount = 100});
  f.run();
  ASSERT_EQ(f.hits.size(), 2U);
  ASSERT_EQ(f.sides.size(), 2U);
  EXPECT_NE(f.hits[0].flags & kHasSides, 0);
  EXPECT_DOUBLE_EQ(f.sides[0].left, 4.5);
  EXPECT_DOUBLE_EQ(f.sides[0].right, 3);
  EXPECT_DOUBLE_EQ(f.sides[1].left, 5.5);
  const RuleComparison& shown = f.decider().rules()->rules[0].comparisons.at(0);
  EXPECT_EQ(shown.left, "sum(amount, debtor, 1h)");
  EXPECT_EQ(shown.relation, "> 2 * 1.5");
}

TEST(Decider, ShowsTheBranchOfAnOrThatDecided) {
  DecideFixture f;
  f.rules(
      "hold if type = 'refund' and amount > 900 or amount > 5 and debtor = creditor or 3 < amount");
  f.add({.amount = 600});
  f.add({.amount = 100'000, .type = wire::EventType::kRefund});
  f.run();
  ASSERT_EQ(f.sides.size(), 2U);
  EXPECT_EQ(f.hits[0].flags, kHasSides | 2 << kComparisonShift);
  EXPECT_DOUBLE_EQ(f.sides[0].left, 6);
  EXPECT_DOUBLE_EQ(f.sides[0].right, 3);
  EXPECT_EQ(f.hits[1].flags, kHasSides);
  EXPECT_DOUBLE_EQ(f.sides[1].left, 1000);
  EXPECT_EQ(f.decider().rules()->rules[0].comparisons[2].relation, "> 3");
}

TEST(Decider, KeepsNoSidesWhereNothingIsShown) {
  DecideFixture f;
  f.rules(
      "score 10 if amount > 5\n"       // a plain pass needs no reasons
      "tag big if amount > 50\n"       // a tag is no reason
      "alert if not (amount <= 50)\n"  // what a not denies did not hold
      "alert if type = 'payment' and amount > 50\n"
      "alert if amount > 50 shadow\n"
      "alert if amount in (60, 70) or memo is null and amount between 60 and 70");
  f.add({.amount = 600});
  f.add({.amount = 6000, .exponent = 2});
  f.run();
  std::size_t with = 0;
  for (const RuleHit& hit : f.hits) with += (hit.flags & kHasSides) != 0;
  EXPECT_EQ(with, f.sides.size());
  ASSERT_EQ(f.sides.size(), 3U);  // score, the second alert, the last one: all of the second row
  for (const RuleHit& hit : f.hits) {
    EXPECT_TRUE((hit.flags & kHasSides) == 0 || hit.row == 1) << hit.row;
  }
  EXPECT_EQ(f.decider().rules()->rules[5].comparisons[0].relation, "between 60 and 70");
}

// The columns of a few rows are gathered: every kind of storage, rows of several words, nulls.
TEST(Decider, GathersSidesOfSparseRows) {
  DecideFixture f;
  f.rules(
      "alert if fee = 0 and attrs.n > 1\n"
      "alert if attrs.n > 1 and count(debtor, 1h) + hour > 0 at now\n"
      "alert if attrs.n > 1 and length(memo) > 2");
  std::vector<std::size_t> expected;
  for (std::size_t i = 0; i < 300; ++i) {
    const bool fires = i % 37 == 5;
    f.add({.t_s = static_cast<std::int64_t>(i),
           .debtor = i + 1,
           .memo = std::string(3 + i % 9, 'x'),
           .attrs = fires ? "{\"n\":" + std::to_string(i) + "}" : "{\"n\":0}"});
    if (fires) expected.push_back(i);
  }
  f.run();
  ASSERT_EQ(f.sides.size(), 3 * expected.size());
  for (std::size_t n = 0; n < f.hits.size(); ++n) {
    EXPECT_EQ(f.hits[n].row, expected[n / 3]);
    EXPECT_DOUBLE_EQ(f.sides[n].right, f.hits[n].rule == 0 ? 0 : 1);
    if (f.hits[n].rule == 0) continue;
    EXPECT_DOUBLE_EQ(f.sides[n].left, static_cast<double>(f.hits[n].row));
  }
}

}  // namespace
}  // namespace weir::decide
