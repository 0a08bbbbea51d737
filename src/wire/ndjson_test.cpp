#include "wire/ndjson.hpp"

#include <gtest/gtest.h>

#include "base/time_text.hpp"

namespace weir::wire {
namespace {

constexpr std::string_view kFull =
    R"({"id":"t-1","time":"2026-11-21T04:00:00Z","type":"transfer","amount":531.81,)"
    R"("currency":"USD",)"
    R"("fee":0.25,"nonce":7,"debtor":{"id":"c-9","account":"a-1","name":"A Grant","country":"DE"},)"
    R"("creditor":{"id":"c-3","account":"a-7"},"merchant":{"id":"m-4","mcc":"5411"},)"
    R"("card":"tok_8",)"
    R"("device":{"id":"d-2","ip":"203.0.113.9"},"channel":"web","memo":"text","attrs":{"k":1}})";

struct Outcome {
  Status status;
  EventBatch batch;
  std::vector<JsonItemError> errors;
};

Outcome read(std::string_view text, NdjsonOptions options = {}) {
  Outcome outcome;
  outcome.status = NdjsonReader(std::move(options)).read(text, outcome.batch, outcome.errors);
  return outcome;
}

// Reads one object whose members are the least an event needs, and `more`.
Outcome read_with(const std::string& more) {
  return read(R"({"id":"x","time":"2026-01-01T00:00:00Z","debtor":"a-1",)" + more + "}");
}

std::string text_of(const EventBatch& batch, std::uint64_t word) {
  const EntityId id{word};
  if (id.tag() == EntityId::kNumber) return std::to_string(id.value());
  return id.tag() == EntityId::kPending ? std::string(batch.text(id.value())) : std::string();
}

void expect_refused(const Outcome& outcome, Refusal code, std::string_view field) {
  ASSERT_TRUE(outcome.status.is_ok()) << outcome.status.to_string();
  ASSERT_EQ(outcome.errors.size(), 1U);
  EXPECT_EQ(refusal_name(outcome.errors[0].code), refusal_name(code));
  EXPECT_EQ(outcome.errors[0].field, field);
  EXPECT_EQ(outcome.batch.size(), 0U);
  EXPECT_TRUE(outcome.batch.side.empty());
  EXPECT_TRUE(outcome.batch.patches.empty());
}

TEST(Ndjson, ReadsEveryMember) {
  const Outcome outcome = read(kFull);
  ASSERT_EQ(outcome.batch.size(), 1U) << outcome.errors[0].message;
  const Event& event = outcome.batch.events[0];
  EXPECT_EQ(to_hex(event.id), "46e9bc3476c92ea24fb17adac6cd9cda");
  EXPECT_EQ(format_time(event.time_us), "2026-11-21T04:00:00Z");
  EXPECT_EQ(event.event_type(), EventType::kTransfer);
  EXPECT_EQ(event.amount, 53'181);
  EXPECT_EQ(event.fee, 25U);
  EXPECT_EQ(event.nonce, 7U);
  EXPECT_EQ(event.currency, 840);
  EXPECT_EQ(event.exponent, 2);
  EXPECT_EQ(event.category, 5'411U);
  EXPECT_EQ(event.country[0], 276);
  EXPECT_EQ(event.flags, kTextId);
  EXPECT_EQ(text_of(outcome.batch, event.debtor), "a-1");
  EXPECT_EQ(EntityId{event.debtor}.kind(), EntityKind::kAccount);
  EXPECT_EQ(text_of(outcome.batch, event.creditor), "a-7");
  EXPECT_EQ(text_of(outcome.batch, event.merchant), "m-4");
  EXPECT_EQ(text_of(outcome.batch, event.instrument), "tok_8");
  EXPECT_EQ(text_of(outcome.batch, event.device), "d-2");
  EXPECT_EQ(EntityId{event.ip}, EntityId::number(EntityKind::kIp, 0xCB007109));
  const Bytes side = outcome.batch.side;
  const auto tlv = [&](SideTag tag) {
    const Bytes found = find_side(side, tag);
    return std::string(found.begin(), found.end());
  };
  EXPECT_EQ(tlv(SideTag::kTextId), "t-1");
  EXPECT_EQ(tlv(SideTag::kMemo), "text");
  EXPECT_EQ(tlv(SideTag::kDebtorName), "A Grant");
  EXPECT_EQ(tlv(SideTag::kAttrs), R"({"k":1})");
}

TEST(Ndjson, ReadsAmountsExactlyAndNeverAsDoubles) {
  const auto units = [](const std::string& amount) {
    const Outcome outcome = read_with("\"currency\":\"USD\",\"amount\":" + amount);
    return outcome.batch.size() == 1 ? outcome.batch.events[0].amount : -1;
  };
  EXPECT_EQ(units("90071992547409.93"), 9'007'199'254'740'993);  // as a double: ...992
  EXPECT_EQ(units("\"12.30\""), 1'230);
  EXPECT_EQ(units("1e2"), 10'000);
  EXPECT_EQ(units("0.10"), 10);
  expect_refused(read_with("\"amount\":1.005"), Refusal::kAmountPrecision, "amount");
  expect_refused(read_with("\"amount\":-1"), Refusal::kAmountNegative, "amount");
  expect_refused(read_with("\"amount\":1e40"), Refusal::kAmountRange, "amount");
  expect_refused(read_with("\"amount\":\"12,3\""), Refusal::kNumberFormat, "amount");
  expect_refused(read_with("\"amount\":01"), Refusal::kNumberFormat, "amount");
  expect_refused(read_with("\"amount\":null"), Refusal::kFieldMissing, "amount");
  expect_refused(read_with("\"amount\":true"), Refusal::kJsonShape, "amount");
}

TEST(Ndjson, FindsThePartiesByTheRule) {
  const auto parties = [](const std::string& members) {
    const Outcome outcome =
        read(R"({"id":"x","time":"2026-01-01T00:00:00Z","amount":1,)" + members + "}");
    if (outcome.batch.size() != 1) return std::string(refusal_name(outcome.errors[0].code));
    const auto shown = [&](std::uint64_t word) {
      if (word == 0) return std::string("-");
      return std::to_string(static_cast<int>(EntityId{word}.kind())) + ":" +
             text_of(outcome.batch, word);
    };
    return shown(outcome.batch.events[0].debtor) + " " + shown(outcome.batch.events[0].creditor);
  };
  EXPECT_EQ(parties(R"("debtor":{"account":"a","id":"c"})"), "0:a -");
  EXPECT_EQ(parties(R"("debtor":{"id":"c"})"), "1:c -");
  EXPECT_EQ(parties(R"("debtor":"a","creditor":17)"), "0:a 0:17");
  EXPECT_EQ(parties(R"("card":"t","merchant":{"id":"m"})"), "4:t 2:m");
  EXPECT_EQ(parties(R"("card":"t","merchant":"m","debtor":"a")"), "0:a 2:m");
  EXPECT_EQ(parties(R"("debtor":"0")"), "0:0 -");
  EXPECT_EQ(parties(R"("debtor":{"name":"x"})"), "party_missing");
  EXPECT_EQ(parties(R"("debtor":null)"), "party_missing");
}

TEST(Ndjson, KeepsUnknownMembersAsAttributes) {
  const Outcome outcome = read_with(R"("amount":1,"x":{"y":[1,{"z":null}]},"debtor.tier":"gold",)"
                                    R"("attrs":{"a":"\u00e9"},"b":1.50)");
  ASSERT_EQ(outcome.batch.size(), 1U) << outcome.errors[0].message;
  const Bytes attrs = find_side(outcome.batch.side, SideTag::kAttrs);
  EXPECT_EQ(std::string(attrs.begin(), attrs.end()),
            R"({"x":{"y":[1,{"z":null}]},"debtor.tier":"gold","a":"\u00e9","b":1.50})");
  const Outcome nested =
      read(R"({"id":"x","time":"2026-01-01","amount":1,"debtor":{"id":"c","tier":2}})");
  const Bytes tier = find_side(nested.batch.side, SideTag::kAttrs);
  EXPECT_EQ(std::string(tier.begin(), tier.end()), R"({"debtor.tier":2})");
}

TEST(Ndjson, RefusesRepeatedMembersAndDepth) {
  expect_refused(read_with(R"("amount":1,"amount":2)"), Refusal::kJsonShape, "amount");
  expect_refused(read_with(R"("amount":1,"x":1,"x":2)"), Refusal::kJsonShape, "x");
  expect_refused(read_with(R"("amount":1,"x":1,"attrs":{"x":2})"), Refusal::kJsonShape, "x");
  expect_refused(read_with(R"("amount":1,"x":{"y":1,"y":2})"), Refusal::kJsonShape, "x");
  expect_refused(read_with(R"("amount":1,"creditor":{"id":"a","id":"b"})"), Refusal::kJsonShape,
                 "id");
  expect_refused(read_with("\"amount\":1,\"x\":" + std::string(17, '[') + std::string(17, ']')),
                 Refusal::kJsonShape, "x");
  EXPECT_EQ(
      read_with("\"amount\":1,\"x\":" + std::string(7, '[') + std::string(7, ']')).batch.size(),
      1U);
}

TEST(Ndjson, NamesWhatIsWrong) {
  expect_refused(read(R"({"time":"2026-01-01","amount":1,"debtor":"a"})"), Refusal::kFieldMissing,
                 "id");
  expect_refused(read(R"({"id":"x","amount":1,"debtor":"a"})"), Refusal::kFieldMissing, "time");
  expect_refused(read_with(R"("creditor":"b")"), Refusal::kFieldMissing, "amount");
  expect_refused(read_with(R"("amount":1,"type":"gift")"), Refusal::kTypeUnknown, "type");
  expect_refused(read_with(R"("amount":1,"flags":64)"), Refusal::kFlagUnknown, "flags");
  expect_refused(read_with(R"("amount":1,"nonce":-1)"), Refusal::kNumberFormat, "nonce");
  expect_refused(read(R"({"id":"x","time":"yesterday","amount":1,"debtor":"a"})"),
                 Refusal::kDateFormat, "time");
  expect_refused(read(R"({"id":"x","time":"1969-12-31","amount":1,"debtor":"a"})"),
                 Refusal::kTimeRange, "time");
  expect_refused(read("{\"id\":\"\xff\"}"), Refusal::kEncoding, "");
  expect_refused(read_with("\"amount\":1,\"memo\":\"" + std::string(70'000, 'x') + "\""),
                 Refusal::kSideBounds, "attrs");
  expect_refused(read("{\"id\":\"" + std::string(kJsonLineMax, 'x') + "\"}"), Refusal::kLineTooLong,
                 "");
}

TEST(Ndjson, SaysWhichValueIsAtFault) {
  const auto message = [](const std::string& text) {
    const Outcome outcome = read(text);
    return outcome.errors.empty() ? std::string() : outcome.errors[0].message;
  };
  EXPECT_EQ(message(R"({"id":"a","time":"yesterday"})"),
            "time 'yesterday' must be RFC 3339 or microseconds since 1970");
  EXPECT_EQ(message(R"({"id":"a"})"), "time is missing");
  const std::string begin = R"({"id":"a","time":"2026-11-21T04:00:00Z","amount":)";
  EXPECT_EQ(message(begin + "-5}"), "amount '-5' is below zero");
  EXPECT_EQ(message(begin + "1}"), "debtor and creditor are both missing");
  EXPECT_EQ(message("7"), "the event is not a JSON object");
  const std::string nines(100, '9');
  EXPECT_EQ(message(begin + nines + "}"), "amount '" + nines.substr(0, 64) + "...' is too large");
}

TEST(Ndjson, RefusesEveryTruncationOfASoundObject) {
  for (std::size_t size = 1; size < kFull.size(); ++size) {
    const Outcome outcome = read(kFull.substr(0, size));
    EXPECT_EQ(outcome.batch.size(), 0U) << size;
    EXPECT_EQ(outcome.errors.size(), 1U) << size;
  }
  for (const char* text : {"{}x", "{\"id\":\"a\" \"b\":1}", "[", "[{}", "[{} {}]", "nul", "1",
                           "{,}", "{\"id\":}", "[{}]]", "[,]", "[{},]"}) {
    const Outcome outcome = read(text);
    EXPECT_EQ(outcome.batch.size(), 0U) << text;
    EXPECT_TRUE(!outcome.errors.empty() || !outcome.status.is_ok()) << text;
  }
}

// simdjson's is_null() answers a broken null with an error that throws when it is taken for a bool.
TEST(Ndjson, RefusesABrokenNullWithoutThrowing) {
  expect_refused(read_with(R"("amount":1,"memo":nulx)"), Refusal::kJsonShape, "memo");
}

TEST(Ndjson, ReadsLinesArraysAndOneObjectAlike) {
  const std::string one(kFull);
  EXPECT_EQ(read(one + "\n" + one + "\r\n\n  " + one).batch.lines,
            (std::vector<std::uint64_t>{1, 2, 4}));
  EXPECT_EQ(read(" [" + one + ",\n" + one + "\n]\n").batch.lines,
            (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(read("[]").batch.size(), 0U);
  EXPECT_EQ(read("").batch.size(), 0U);
  std::string pretty = one;
  for (std::size_t at = 0; (at = pretty.find(",\"", at)) != std::string::npos; at += 3)
    pretty.insert(at + 1, "\n");
  EXPECT_EQ(read(pretty).batch.size(), 1U);
}

TEST(Ndjson, ReportsBadItemsAndReadsTheOthers) {
  const std::string one(kFull);
  const Outcome lines = read(one + "\n{\"id\":\n" + one + "\n[1]\n" + one);
  EXPECT_EQ(lines.batch.size(), 3U);
  ASSERT_EQ(lines.errors.size(), 2U);
  EXPECT_EQ(lines.errors[0].line, 2U);
  EXPECT_EQ(lines.errors[0].index, 1U);
  EXPECT_EQ(lines.errors[1].line, 4U);
  const Outcome array = read("[" + one + ",{\"id\":5},7," + one + "]");
  EXPECT_EQ(array.batch.size(), 2U);
  ASSERT_EQ(array.errors.size(), 2U);
  EXPECT_EQ(array.errors[1].index, 2U);
}

TEST(Ndjson, GivesIdsWhereAskedTo) {
  NdjsonOptions options;
  options.id_prefix = "key-1";
  const Outcome outcome =
      read("[{\"time\":\"2026-01-01\",\"amount\":1,\"debtor\":\"a\"}]", options);
  ASSERT_EQ(outcome.batch.size(), 1U);
  EXPECT_EQ(outcome.batch.events[0].id, event_key("key-1#0"));
}

TEST(Ndjson, StopsAtTheItemLimit) {
  NdjsonOptions options;
  options.items_max = 2;
  const std::string one(kFull);
  EXPECT_EQ(read(one + "\n" + one + "\n" + one, options).status.reason(), "too_many_items");
}

}  // namespace
}  // namespace weir::wire
