#include "gate/control.hpp"

#include <gtest/gtest.h>

#include "ledger/control.hpp"

namespace weir::gate {
namespace {

constexpr std::uint16_t kSecond = decide::kHasSides | 1 << decide::kComparisonShift;

ledger::ControlWriter with_hits(Bytes payload) {
  ledger::ControlWriter controls;
  controls.add(ledger::ControlType::kRuleHits, payload);
  return controls;
}

TEST(RuleHits, ReadBackWithTheSidesOfThoseThatHaveThem) {
  const decide::RuleHit hits[] = {
      {2, 7, kSecond}, {2, 9, decide::kShadowHit}, {4, 1, decide::kHasSides}, {4, 3, 0}};
  const decide::HitSides sides[] = {{531.81, 500}, {-1.5, 0}};
  ByteWriter payload;
  encode(hits, sides, payload);
  EXPECT_EQ(payload.bytes().size(), 4U * 8 + 2 * 16);
  const ledger::ControlWriter controls = with_hits(payload.bytes());
  const auto second = rule_hits_of(controls.bytes(), 2);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].hit.rule, 7);
  EXPECT_EQ(second[0].hit.flags, kSecond);
  EXPECT_DOUBLE_EQ(second[0].sides.left, 531.81);
  EXPECT_DOUBLE_EQ(second[0].sides.right, 500);
  EXPECT_EQ(second[1].hit.flags, decide::kShadowHit);
  const auto fourth = rule_hits_of(controls.bytes(), 4);
  ASSERT_EQ(fourth.size(), 2U);
  EXPECT_DOUBLE_EQ(fourth[0].sides.left, -1.5);
  EXPECT_EQ(fourth[1].hit.rule, 3);
  EXPECT_TRUE(rule_hits_of(controls.bytes(), 3).empty());
}

TEST(RuleHits, AreWalkedRowByRowOverAllRecords) {
  ledger::ControlWriter controls;
  const std::vector<decide::RuleHit> records[] = {{{0, 1, 0}, {2, 2, 0}, {2, 3, 0}}, {{5, 4, 0}}};
  for (const auto& hits : records) {
    ByteWriter payload;
    encode(hits, {}, payload);
    controls.add(ledger::ControlType::kRuleHits, payload.bytes());
  }
  RuleHitCursor cursor(controls.bytes());
  std::vector<std::size_t> counts;
  for (std::uint32_t row = 0; row < 7; ++row) {
    const auto hits = cursor.of(row);
    counts.push_back(hits.size());
    EXPECT_EQ(hits.size(), rule_hits_of(controls.bytes(), row).size());
    for (const RuleHitControl& one : hits) EXPECT_EQ(one.hit.row, row);
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{1, 0, 2, 0, 0, 1, 0}));
}

TEST(RuleHits, StopAtACutEntry) {
  const decide::RuleHit hits[] = {{0, 1, 0}, {1, 2, decide::kHasSides}};
  const decide::HitSides sides[] = {{1, 2}};
  ByteWriter payload;
  encode(hits, sides, payload);
  for (std::size_t size = 8; size < payload.bytes().size(); ++size) {
    const ledger::ControlWriter controls = with_hits(payload.bytes().first(size));
    EXPECT_EQ(rule_hits_of(controls.bytes(), 0).size(), 1U) << size;
    EXPECT_TRUE(rule_hits_of(controls.bytes(), 1).empty()) << size;
  }
}

LabelsControl some_labels() {
  LabelsControl control;
  control.labels.resize(3);
  control.labels[2].seq = 9;
  control.author = "ana";
  control.notes = {"", "called the payer", ""};
  control.hits = {{4, {1, 2 | kLabelShadow}}, {}, {5, {7}}};
  return control;
}

TEST(Labels, ReadBackWithAuthorNotesAndHits) {
  ByteWriter out;
  encode(some_labels(), out);
  const auto control = decode_labels(out.bytes());
  ASSERT_TRUE(control);
  EXPECT_EQ(control->labels[2].seq, 9U);
  EXPECT_EQ(control->author, "ana");
  EXPECT_EQ(control->notes, some_labels().notes);
  EXPECT_EQ(control->hits[0].rules, some_labels().hits[0].rules);
  EXPECT_TRUE(control->hits[1].rules.empty());
  EXPECT_EQ(control->hits[2].rules_version, 5U);
}

TEST(Labels, AreTheirArrayAloneWhereNothingElseIsKnown) {
  LabelsControl control;
  control.labels.resize(2);
  control.notes.resize(2);
  control.hits.resize(2);
  ByteWriter out;
  encode(control, out);
  EXPECT_EQ(out.bytes().size(), 8 + 2 * sizeof(LabelControl));
  const auto again = decode_labels(out.bytes());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->hits.empty());
}

TEST(Labels, RefuseEveryCutAndLabelsThatAreNotThere) {
  ByteWriter out;
  encode(some_labels(), out);
  const std::size_t bare = 8 + 3 * sizeof(LabelControl);
  for (std::size_t size = 0; size < out.bytes().size(); ++size) {
    if (size == bare) continue;  // that is a whole record without the rest
    EXPECT_FALSE(decode_labels(out.bytes().first(size))) << size;
  }
  std::vector<std::uint8_t> wrong = out.buffer();
  wrong[bare + 4 + 3 + 4] = 3;  // the label of the first note
  EXPECT_EQ(decode_labels(wrong).error().reason(), "control_payload");
}

}  // namespace
}  // namespace weir::gate
