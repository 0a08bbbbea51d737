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
  EXPECT_NE(report.to_text().find("big (hold)"), std::string::npos);
  std::string text;
  JsonWriter json(text);
  report.write(json);
  EXPECT_TRUE(json.complete());
  EXPECT_NE(text.find("\"precision\":0.5"), std::string::npos);
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
