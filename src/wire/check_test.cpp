#include "wire/check.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.hpp"
#include "wire/batch.hpp"

namespace weir::wire {
namespace {

Event sound_event() {
  Event event{};
  event.id[0] = 1;
  event.time_us = 1'795'233'600'000'000;
  event.debtor = EntityId::number(EntityKind::kAccount, 0).word;
  event.amount = 100;
  event.currency = 840;
  event.exponent = 2;
  event.type = 1;
  return event;
}

void expect_refusal(const Event& event, Refusal refusal, const CheckLimits& limits = {}) {
  EXPECT_EQ(check_event(event, 4'096, limits), static_cast<std::uint16_t>(refusal))
      << refusal_name(refusal);
}

TEST(CheckEvent, AcceptsASoundRecord) {
  EXPECT_EQ(check_event(sound_event(), 0, {}), 0);
  Event event = sound_event();
  event.debtor = 0;
  event.creditor = EntityId::interned(EntityKind::kMerchant, 3).word;
  event.currency = kUnknownCurrency;
  event.side_off = 8;
  event.side_len = 4'088;
  EXPECT_EQ(check_event(event, 4'096, {}), 0);
}

TEST(CheckEvent, NamesEachFault) {
  Event event = sound_event();
  event.id = {};
  expect_refusal(event, Refusal::kRecordIdZero);
  event = sound_event();
  event.debtor = 0;
  expect_refusal(event, Refusal::kPartyMissing);
  event = sound_event();
  event.amount = -1;
  expect_refusal(event, Refusal::kAmountNegative);
  event = sound_event();
  event.exponent = 13;
  expect_refusal(event, Refusal::kAmountPrecision);
  event = sound_event();
  event.time_us = -1;
  expect_refusal(event, Refusal::kTimeRange);
  event.time_us = kTimeMax;
  expect_refusal(event, Refusal::kTimeRange);
  event = sound_event();
  event.type = 16;
  expect_refusal(event, Refusal::kTypeUnknown);
  event = sound_event();
  event.flags = 64;
  expect_refusal(event, Refusal::kFlagUnknown);
  event = sound_event();
  event.currency = 1;
  expect_refusal(event, Refusal::kCurrencyUnknown);
  event.currency = 0;
  expect_refusal(event, Refusal::kCurrencyUnknown);
}

TEST(CheckEvent, RefusesWordsThatNameNobody) {
  for (const std::uint64_t word :
       {EntityId::pending(EntityKind::kAccount, 0).word, std::uint64_t{7},
        EntityId::interned(EntityKind::kDevice, 0).word}) {
    for (const auto field : {&Event::debtor, &Event::creditor, &Event::merchant, &Event::device,
                             &Event::instrument, &Event::ip}) {
      Event event = sound_event();
      event.*field = word;
      expect_refusal(event, Refusal::kPartyMissing);
    }
  }
  Event event = sound_event();
  event.debtor = EntityId::pending(EntityKind::kAccount, 0).word;
  EXPECT_EQ(check_event(event, 0, {.pending_allowed = true}), 0);
}

TEST(CheckEvent, RefusesTheFutureOnlyAgainstAClock) {
  Event event = sound_event();
  const CheckLimits live{.wall_us = event.time_us - 600'000'000};
  EXPECT_EQ(check_event(event, 0, live), 0);
  event.time_us += 1;
  expect_refusal(event, Refusal::kFutureTime, live);
  EXPECT_EQ(check_event(event, 0, {}), 0);
}

TEST(CheckEvent, KeepsSidePayloadsInBounds) {
  Event event = sound_event();
  event.side_off = 4;
  expect_refusal(event, Refusal::kSideBounds);
  event.side_off = 0;
  event.side_len = 4;
  expect_refusal(event, Refusal::kSideBounds);
  event.side_len = 4'104;
  expect_refusal(event, Refusal::kSideBounds);
  EXPECT_EQ(check_event(event, 8'192, {.side_bytes_max = kSideBytesMax}), 0);
  event.side_off = 0xFFFF'FFF8U;
  event.side_len = 8;
  expect_refusal(event, Refusal::kSideBounds);
}

TEST(CheckEvent, KnowsAssetsByTheirCount) {
  Event event = sound_event();
  event.currency = kAssetFirst + 1;
  EXPECT_EQ(check_event(event, 0, {.assets = 2}), 0);
  expect_refusal(event, Refusal::kCurrencyUnknown, {.assets = 1});
}

TEST(CheckEvents, AgreesWithTheSingleCheck) {
  std::vector<Event> events(65, sound_event());
  events[31].amount = -5;
  events[64].type = 200;
  std::vector<std::uint16_t> refusals(events.size(), 9);
  EXPECT_EQ(check_events(events, 0, {}, refusals), 2U);
  for (std::size_t row = 0; row < events.size(); ++row)
    EXPECT_EQ(refusals[row], check_event(events[row], 0, {})) << row;
}

// The batch form takes a short cut around sound records: it must agree with the rules one by one.
TEST(CheckEvents, AgreesWithANaiveCheckOnRandomWords) {
  Philox rng(17, 0);
  const auto naive = [](const Event& event) {
    if (event.debtor == 0 && event.creditor == 0) return true;
    for (const std::uint64_t word :
         {event.debtor, event.creditor, event.merchant, event.device, event.instrument, event.ip}) {
      const EntityId id{word};
      if (word != 0 && id.tag() != EntityId::kNumber && id.tag() != EntityId::kInterned)
        return true;
      if (id.tag() == EntityId::kInterned && id.value() == 0) return true;
    }
    return false;
  };
  const auto word = [&]() -> std::uint64_t {
    const std::uint64_t kinds[] = {0, std::uint64_t{1} << 62, std::uint64_t{2} << 62,
                                   std::uint64_t{3} << 62};
    const std::uint64_t tag = kinds[rng.next_below(20) == 0 ? rng.next_below(4) : 1];
    const std::uint64_t value = rng.next_below(10) == 0 ? 0 : rng.next_u64() & EntityId::kValueMask;
    return rng.next_below(8) == 0 ? 0 : tag | std::uint64_t{rng.next_below(64)} << 56 | value;
  };
  std::size_t refused = 0;
  for (int i = 0; i < 50'000; ++i) {
    Event event = sound_event();
    for (const auto field : {&Event::debtor, &Event::creditor, &Event::merchant, &Event::device,
                             &Event::instrument, &Event::ip})
      event.*field = word();
    const bool wrong = naive(event);
    ASSERT_EQ(check_event(event, 0, {}) == static_cast<std::uint16_t>(Refusal::kPartyMissing),
              wrong);
    ASSERT_EQ(check_event(event, 0, {}) == 0, !wrong);
    refused += wrong ? 1 : 0;
  }
  EXPECT_GT(refused, 2'000U);
  EXPECT_LT(refused, 40'000U);
}

TEST(SideIsSound, WalksEveryTlv) {
  EventBatch batch;
  Event event{};
  batch.add_side(event, SideTag::kMemo, as_bytes("hello, world"));
  batch.add_side(event, static_cast<SideTag>(999), as_bytes("unknown tags are kept"));
  EXPECT_TRUE(side_is_sound(batch.side));
  EXPECT_TRUE(side_is_sound({}));
  EXPECT_FALSE(side_is_sound(Bytes(batch.side).first(batch.side.size() - 8)));
  EXPECT_FALSE(side_is_sound(Bytes(batch.side).first(4)));
  batch.side[2] = 1;
  EXPECT_FALSE(side_is_sound(batch.side));
}

}  // namespace
}  // namespace weir::wire
