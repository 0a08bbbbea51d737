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

}  // namespace
}  // namespace weir::gate
