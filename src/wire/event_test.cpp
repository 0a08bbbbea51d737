#include "wire/event.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "base/hash.hpp"
#include "base/time_text.hpp"
#include "wire/batch.hpp"
#include "wire/verdict.hpp"

namespace weir::wire {
namespace {

Bytes side_of(const EventBatch& batch, const Event& event) {
  return Bytes(batch.side).subspan(event.side_off, event.side_len);
}

TEST(EventRecord, MatchesTheGoldenHash) {
  Event event{};
  event.id = event_key("t-1");
  ASSERT_TRUE(parse_time("2026-11-21T04:00:00Z", event.time_us));
  event.debtor = EntityId::interned(EntityKind::kAccount, 1).word;
  event.creditor = EntityId::interned(EntityKind::kAccount, 2).word;
  event.amount = 53'181;
  event.nonce = 7;
  event.currency = 840;
  event.exponent = 2;
  event.type = static_cast<std::uint8_t>(EventType::kTransfer);
  event.flags = kTextId;
  event.category = 5'411;
  EXPECT_EQ(to_hex(event.id), "46e9bc3476c92ea24fb17adac6cd9cda");
  const Bytes record{reinterpret_cast<const std::uint8_t*>(&event), sizeof event};
  EXPECT_EQ(to_hex(sha256(record)),
            "7122f364b6703cfb38fc91321164d43500f7eb42bb8c412344e9b9aa05213915");
}

TEST(EntityId, PacksTagKindAndValue) {
  EXPECT_EQ(EntityId::number(EntityKind::kCustomer, 596).word, 0x4100000000000254U);
  EXPECT_NE(EntityId::number(EntityKind::kTerminal, 596),
            EntityId::number(EntityKind::kCustomer, 596));
  const EntityId id = EntityId::interned(static_cast<EntityKind>(63), EntityId::kValueMask);
  EXPECT_EQ(id.tag(), EntityId::kInterned);
  EXPECT_EQ(static_cast<int>(id.kind()), 63);
  EXPECT_EQ(id.value(), EntityId::kValueMask);
}

TEST(EntityId, GivesAccountZeroAWordOfItsOwn) {
  EventBatch batch;
  const EntityId zero{batch.entity(EntityKind::kAccount, "0")};
  EXPECT_TRUE(zero.present());
  EXPECT_EQ(zero, EntityId::number(EntityKind::kAccount, 0));
  EXPECT_EQ(batch.entity(EntityKind::kAccount, ""), 0U);
}

TEST(CanonicalNumber, TakesOnlyCanonicalTextBelow2To56) {
  std::uint64_t value = 99;
  EXPECT_TRUE(canonical_number("0", value));
  EXPECT_EQ(value, 0U);
  EXPECT_TRUE(canonical_number("72057594037927935", value));
  EXPECT_EQ(value, EntityId::kValueMask);
  for (const char* text : {"", "010", "00", "-1", "+1", " 1", "1 ", "1.0", "72057594037927936",
                           "99999999999999999", "720575940379279350", "abc", "1e3"})
    EXPECT_FALSE(canonical_number(text, value)) << text;
}

TEST(EventType, NamesRoundTrip) {
  for (unsigned i = 0; i < kEventTypes; ++i) {
    EventType type{};
    ASSERT_TRUE(parse_event_type(event_type_name(static_cast<EventType>(i)), type));
    EXPECT_EQ(static_cast<unsigned>(type), i);
  }
  EventType type{};
  EXPECT_FALSE(parse_event_type("Transfer", type));
  EXPECT_FALSE(parse_event_type("", type));
  EXPECT_EQ(event_type_name(EventType::kCashOut), "cash_out");
}

TEST(Verdict, NamesEveryRefusalFrom1001) {
  EXPECT_EQ(refusal_name(Refusal::kRecordIdZero), "record_id_zero");
  EXPECT_EQ(refusal_name(static_cast<Refusal>(1011)), "currency_unknown");
  EXPECT_EQ(refusal_name(static_cast<Refusal>(1020)), "line_too_long");
  EXPECT_EQ(refusal_name(static_cast<Refusal>(1028)), "json_shape");
  EXPECT_EQ(refusal_name(static_cast<Refusal>(1029)), "already_committed");
  EXPECT_EQ(refusal_name(static_cast<Refusal>(1030)), "");
  EXPECT_EQ(refusal_name(static_cast<Refusal>(0)), "");
  EXPECT_EQ(reason_name(Reason::kRoundAmount), "ROUND_AMOUNT");
  EXPECT_EQ(reason_name(Reason::kDetector), "DETECTOR");
  EXPECT_EQ(ledger_status_name(LedgerStatus::kRefused), "refused");
  EXPECT_EQ(ledger_status_name(LedgerStatus::kCaptured), "captured");
  EXPECT_EQ(outcome_name(Outcome::kBlock), "block");
}

TEST(EventIdText, KeepsAUuidAsItsBytes) {
  EventBatch batch;
  Event event{};
  set_event_id(batch, event, "46E9BC34-76c9-2ea2-4fb1-7adac6cd9cda");
  EXPECT_EQ(to_hex(event.id), "46e9bc3476c92ea24fb17adac6cd9cda");
  EXPECT_EQ(event.flags, 0);
  EXPECT_EQ(event.side_len, 0U);
  EXPECT_EQ(event_id_text(event, {}), "46e9bc34-76c9-2ea2-4fb1-7adac6cd9cda");
}

TEST(EventIdText, HashesOtherTextAndKeepsIt) {
  EventBatch batch;
  Event event{};
  set_event_id(batch, event, "t-1");
  EXPECT_EQ(to_hex(event.id), "46e9bc3476c92ea24fb17adac6cd9cda");
  EXPECT_EQ(event.flags, kTextId);
  EXPECT_EQ(event.side_len, 16U);
  EXPECT_EQ(event_id_text(event, side_of(batch, event)), "t-1");
  for (const char* near :
       {"46e9bc3476c92ea24fb17adac6cd9cda", "46e9bc34-76c9-2ea2-4fb1-7adac6cd9cdg"}) {
    Event other{};
    set_event_id(batch, other, near);
    EXPECT_EQ(other.flags, kTextId) << near;
  }
}

TEST(EventBatch, KeepsEachTextOncePerKind) {
  EventBatch batch;
  const std::uint64_t a = batch.pending(EntityKind::kAccount, "a-1");
  EXPECT_EQ(batch.pending(EntityKind::kAccount, "a-1"), a);
  const std::uint64_t b = batch.pending(EntityKind::kCard, "a-1");
  EXPECT_NE(a, b);
  EXPECT_EQ(batch.texts.size(), 2U);
  EXPECT_EQ(batch.text(EntityId{b}.value()), "a-1");
  batch.clear();
  EXPECT_EQ(EntityId{batch.pending(EntityKind::kAccount, "a-2")}.value(), 0U);
  for (int i = 0; i < 5'000; ++i) batch.pending(EntityKind::kAccount, "n" + std::to_string(i));
  for (int i = 0; i < 5'000; ++i) batch.pending(EntityKind::kAccount, "n" + std::to_string(i));
  EXPECT_EQ(batch.texts.size(), 5'001U);
}

TEST(EventBatch, BuildsSidePayloadsThatCanBeSearched) {
  EventBatch batch;
  Event first{};
  batch.add_side(first, SideTag::kMemo, as_bytes("nine char"));
  batch.add_side(first, SideTag::kAttrs, as_bytes("{}"));
  Event second{};
  batch.add_side(second, SideTag::kMemo, {});
  EXPECT_EQ(first.side_off, 0U);
  EXPECT_EQ(first.side_len, 24U + 16U);
  EXPECT_EQ(second.side_off, 40U);
  EXPECT_EQ(second.side_len, 8U);
  EXPECT_EQ(find_side(side_of(batch, first), SideTag::kAttrs).size(), 2U);
  EXPECT_EQ(find_side(side_of(batch, first), SideTag::kUetr).size(), 0U);
  // A length that points past the end finds nothing.
  std::uint8_t bad[16] = {2, 0, 0, 0, 200};
  EXPECT_TRUE(find_side(bad, SideTag::kMemo).empty());
}

}  // namespace
}  // namespace weir::wire
