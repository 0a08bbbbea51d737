#include "decide/explain.hpp"

#include <cmath>

#include "base/numeric/elementary.hpp"
#include "decide/decide_fixture.hpp"
#include "decide/verdict_json.hpp"

namespace weir::decide {
namespace {

using profile::Feature;
using wire::Reason;

struct Row {
  Row() {
    event.amount = 53181;
    event.exponent = 2;
    set(Feature::kAmountVsUsual, std::log2((531.81 + 1) / (85.70 + 1)));
    set(Feature::kOutCount1h, std::log2(1 + 12.0));
    set(Feature::kOutBurst, std::log2((12.0 + 1) / (0.5 + 1)));
    set(Feature::kOutSum1d, std::log2(1 + 900.0));
    set(Feature::kOutSumVsUsual, std::log2((900.0 + 1) / (100.0 + 1)));
    set(Feature::kNearLimit, 0.53181);
    set(Feature::kOutGap, std::log2(1 + 3.0 * 86'400'000));
  }
  void set(Feature f, double value) {
    features[static_cast<std::size_t>(f)] = static_cast<float>(value);
  }
  wire::Event event{};
  float features[profile::kFeatures] = {};
};

TEST(Explain, RecoversValueAndUsualFromTheFeatures) {
  Row row;
  FeatureValue v = usual_of_feature(Feature::kAmountVsUsual, row.event, row.features);
  EXPECT_NEAR(v.value, 531.81, 1e-9);
  EXPECT_NEAR(v.usual, 85.70, 1e-3);
  v = usual_of_feature(Feature::kOutBurst, row.event, row.features);
  EXPECT_NEAR(v.value, 12, 1e-4);
  EXPECT_NEAR(v.usual, 0.5, 1e-4);
  v = usual_of_feature(Feature::kOutSumVsUsual, row.event, row.features);
  EXPECT_NEAR(v.value, 900, 1e-2);
  EXPECT_NEAR(v.usual, 100, 1e-2);
  v = usual_of_feature(Feature::kNearLimit, row.event, row.features);
  EXPECT_NEAR(v.usual, 1000, 1e-3);
  v = usual_of_feature(Feature::kOutGap, row.event, row.features);
  EXPECT_NEAR(v.usual, 30.0 * 86'400'000 / 360, 1e3);  // 0.5 an hour are 360 in 30 days
}

TEST(Explain, WritesReasonsInOrderWithShares) {
  Row row;
  const auto rules = compile_rules("rule velocity: hold if amount > 500 because 'too much'", {});
  ASSERT_TRUE(rules.has_value());
  const FeatureWeight weights[] = {{Feature::kOutBurst, 1.0F},
                                   {Feature::kAmountVsUsual, 2.0F},
                                   {Feature::kAmountZ, 0.5F},
                                   {Feature::kFanIn, -3.0F},
                                   {Feature::kNewEdge, 0.5F}};
  const FiredRule hits[] = {{0, 0, {531.81, 500}}};
  ExplainInput in;
  in.event = &row.event;
  in.features = row.features;
  in.rules = rules->get();
  in.live_hits = hits;
  in.contributions = weights;
  in.entity_flags = profile::kDeny;
  const std::vector<FullReason> reasons = explain_row(in);
  ASSERT_EQ(reasons.size(), 5U);
  EXPECT_EQ(reasons[0].code, Reason::kDenyList);
  EXPECT_EQ(reasons[1].text, "too much: amount 531.81 > 500");
  EXPECT_EQ(reasons[2].code, Reason::kAmtVsUsual);
  EXPECT_EQ(reasons[2].text, "amount 531.81 is 6.2x the 30-day mean 85.70");
  EXPECT_NEAR(reasons[2].weight, 2.5 / 4, 1e-9);  // two features, one code
  EXPECT_EQ(reasons[3].code, Reason::kVelocity);
  EXPECT_EQ(reasons[4].code, Reason::kNewPayee);
}

TEST(Explain, NeverGivesMoreThanEightReasons) {
  std::string text;
  for (int i = 0; i < 12; ++i) text += "alert if amount > " + std::to_string(i) + "\n";
  const auto rules = compile_rules(text, {});
  Row row;
  std::vector<FiredRule> hits(12);
  for (std::uint32_t i = 0; i < 12; ++i) hits[i].rule = i;
  const FeatureWeight weights[] = {{Feature::kOutBurst, 1.0F}, {Feature::kFanIn, 1.0F}};
  ExplainInput in;
  in.event = &row.event;
  in.features = row.features;
  in.rules = rules->get();
  in.live_hits = hits;
  in.contributions = weights;
  in.core.flags = wire::kBreaker | wire::kQuarantined;
  EXPECT_EQ(explain_row(in).size(), kReasonsMax);
}

TEST(Explain, AddsCodesToAVerdictByWeightEachOnce) {
  wire::VerdictCore core{};
  core.reason_count = 1;
  core.reasons[0] = static_cast<std::uint16_t>(Reason::kRuleHit);
  const FeatureWeight weights[] = {{Feature::kOutCount1h, 1.0F}, {Feature::kOutBurst, 2.0F},
                                   {Feature::kFanOut, 1.0F},     {Feature::kFanIn, 0.1F},
                                   {Feature::kNearLimit, 0.0F},  {Feature::kNewEdge, 0.05F}};
  add_reason_codes(core, weights);
  EXPECT_EQ(core.reason_count, 5);
  EXPECT_EQ(core.reasons[1], static_cast<std::uint16_t>(Reason::kVelocity));
  EXPECT_EQ(core.reasons[2], static_cast<std::uint16_t>(Reason::kFanOut));
  EXPECT_EQ(core.reasons[3], static_cast<std::uint16_t>(Reason::kFanIn));
}

TEST(Explain, EveryFeatureHasAReasonAndAFiniteValue) {
  Row row;
  for (unsigned i = 0; i < profile::kFeatures; ++i) {
    const auto f = static_cast<Feature>(i);
    EXPECT_NE(reason_of_feature(f), Reason::kNone);
    const FeatureValue v = usual_of_feature(f, row.event, row.features);
    EXPECT_TRUE(numeric::is_finite(v.value) && numeric::is_finite(v.usual))
        << profile::feature_name(f);
    const FeatureWeight weight{f, 1.0F};
    ExplainInput in;
    in.event = &row.event;
    in.features = row.features;
    in.contributions = {&weight, 1};
    ASSERT_EQ(explain_row(in).size(), 1U);
    EXPECT_FALSE(explain_row(in)[0].text.empty());
  }
}

TEST(VerdictJson, HasTheStatedShape) {
  FullReason reason;
  reason.code = Reason::kAmtVsUsual;
  reason.text = "amount 531.81 is 6.2x the 30-day mean 85.70";
  reason.weight = 0.41;
  reason.feature = "amount_vs_usual";
  reason.value = 531.81;
  reason.usual = 85.7;
  reason.has_value = reason.has_usual = true;
  const RuleHitView rule{"velocity_1h", 4, RuleAction::kHold, false};
  const ModelView model{"forest", 12, 4.1, "stable"};
  VerdictView view;
  view.event_id = "t-1";
  view.seq = 123456;
  view.core.tail_e6 = 5'400'000;
  view.core.threshold_e6 = 5'000'000;
  view.core.outcome = 1;
  view.core.flags = wire::kAlert;
  view.core.ledger_status = 2;
  view.reasons = {&reason, 1};
  view.rules = {&rule, 1};
  view.models = {&model, 1};
  view.rules_version = 17;
  view.models_version = 5;
  view.config_version = 9;
  view.lists_version = 31;
  view.height = 841;
  view.committed = true;
  view.latency_us = 180;
  std::string text;
  JsonWriter json(text);
  write_verdict(json, view);
  EXPECT_EQ(text, R"({"event_id":"t-1","seq":123456,"outcome":"hold","alert":true,)"
                  R"("alert_id":"al-123456","score":0.9,"tail":5.4,"threshold":5,)"
                  R"("reasons":[{"code":"AMT_VS_USUAL",)"
                  R"("text":"amount 531.81 is 6.2x the 30-day mean 85.70","weight":0.41,)"
                  R"("feature":"amount_vs_usual","value":531.81,"usual":85.7}],"tags":[],)"
                  R"("rules":[{"name":"velocity_1h","version":4,"action":"hold","mode":"live"}],)"
                  R"("models":[{"name":"forest","version":12,"tail":4.1,"variant":"stable"}],)"
                  R"("versions":{"rules":17,"models":5,"config":9,"lists":31},)"
                  R"("ledger":{"status":"held","height":841,"committed":true,"ack":"committed"},)"
                  R"("duplicate":false,"late":false,"mode":"live","latency_us":180})");
}

}  // namespace
}  // namespace weir::decide
