#include "decide/trial.hpp"

#include "base/rng.hpp"
#include "decide/decide_fixture.hpp"

namespace weir::decide {
namespace {

TEST(RuleTrial, CountsHitsByLabelAndPreviousOutcome) {
  const auto rules = compile_rules(
      "rule big: hold if amount > 10\nrule many: alert if count(debtor, 1h) > 1 shadow at now", {});
  ASSERT_TRUE(rules.has_value());
  RuleTrial trial(*rules, {});
  DecideFixture f;
  f.add({.t_s = 0, .amount = 2000});                      // fraud, was passed
  f.add({.t_s = 10, .amount = 500});                      // fraud, missed
  f.add({.t_s = 20, .amount = 3000});                     // legit, was held
  f.add({.t_s = 86400, .amount = 4000});                  // unlabelled, was passed
  f.add({.t_s = 2 * 86400, .amount = 100, .debtor = 9});  // legit, was blocked, now passes
  std::vector<wire::VerdictCore> previous(5);
  previous[2].outcome = 1;
  previous[4].outcome = 2;
  const TrialLabel labels[] = {TrialLabel::kFraud, TrialLabel::kFraud, TrialLabel::kLegit,
                               TrialLabel::kUnlabelled, TrialLabel::kLegit};
  ASSERT_TRUE(trial.add({f.input(), previous, labels, 100}).is_ok());
  const TrialReport report = trial.report();
  EXPECT_EQ(report.events, 5U);
  EXPECT_DOUBLE_EQ(report.days, 2);
  const TrialMatrix& big = report.rules[0].hits;
  EXPECT_EQ(big.cells[0][0].events, 1U);
  EXPECT_EQ(big.cells[1][1].events, 1U);
  EXPECT_EQ(big.cells[2][0].events, 1U);
  EXPECT_DOUBLE_EQ(big.cells[2][0].value, 40);
  EXPECT_DOUBLE_EQ(report.precision(big), 0.5);  // the unlabelled hit counts neither way
  EXPECT_DOUBLE_EQ(report.recall(big), 0.5);
  EXPECT_DOUBLE_EQ(report.per_day(big), 1.5);
  EXPECT_DOUBLE_EQ(report.false_per_true(big), 1);
  EXPECT_DOUBLE_EQ(report.value_caught(big), 0.8);
  EXPECT_EQ(report.rules[1].hits.events(), 2U);  // a shadow rule as if it were live
  EXPECT_EQ(report.total.hits.events(), 3U);
  EXPECT_EQ(report.changed, 3U);
  ASSERT_EQ(report.changes.size(), 3U);
  EXPECT_EQ(report.changes[0].seq, 100U);
  EXPECT_EQ(report.changes[0].rule, "big");
  EXPECT_EQ(report.changes[2].before, wire::Outcome::kBlock);
  EXPECT_EQ(
      report.to_text(),
      "would have hit              fraud  legit  unlabelled  per day  precision  recall  FP:TP"
      "  value\n"
      "big (hold)                      1      1           1      1.5      0.500   0.500    1.0"
      "  0.800\n"
      "many (alert, shadow)            1      1           0      1.0      0.500   0.500    1.0"
      "  0.200\n"
      "total (alert, hold, block)      1      1           1      1.5      0.500   0.500    1.0"
      "  0.800\n"
      "3 of 5 outcomes would change\n");
  std::string text;
  JsonWriter json(text);
  report.write(json);
  EXPECT_TRUE(json.complete());
  EXPECT_NE(text.find("\"precision\":0.5"), std::string::npos);
}

// A million hits in minutes are no rate a day, and large figures never run into each other.
TEST(RuleTrial, WritesFiguresOfAnySizeInColumnsOfTheirOwn) {
  TrialReport report;
  report.total = {"total", "alert", false, {}};
  report.rules.push_back({"a_rule_with_quite_a_long_name_indeed", "alert", false, {}});
  TrialMatrix& hits = report.rules[0].hits;
  hits.cells[0][0].events = 3;
  hits.cells[1][0].events = 12'345'678;
  hits.cells[2][0].events = 99'999'999'999;
  report.seen = hits;
  report.days = 0.99;
  EXPECT_LT(report.per_day(hits), 0);
  EXPECT_NE(report.to_text().find("99999999999        -      0.000   1.000   4.1M      -\n"),
            std::string::npos)
      << report.to_text();
  const std::pair<double, const char*> rates[] = {
      {1e11, " 1.0 "}, {1e9, "100.0"}, {1.2e7, " 8334 "}, {1e6, "100.0k"}, {0.5e3, "200.0M"}};
  for (const auto& [days, rate] : rates) {
    report.days = days;
    EXPECT_NE(report.to_text().find(rate), std::string::npos) << report.to_text();
  }
}

TEST(RuleTrial, KeepsTheFirstHundredChanges) {
  const auto rules = compile_rules("block if true", {});
  RuleTrial trial(*rules, {});
  DecideFixture f;
  for (int i = 0; i < 150; ++i) f.add({.t_s = i});
  const std::vector<wire::VerdictCore> previous(150);
  ASSERT_TRUE(trial.add({f.input(), previous, {}, 1}).is_ok());
  EXPECT_EQ(trial.report().changed, 150U);
  EXPECT_EQ(trial.report().changes.size(), 100U);
  EXPECT_LT(trial.report().recall(trial.report().total.hits), 0);  // nothing is labelled
  EXPECT_FALSE(trial.add({f.input(), {}, {}, 1}).is_ok());
}

}  // namespace
}  // namespace weir::decide
