#include "wire/text_id.hpp"

#include <gtest/gtest.h>

#include <string>

#include "wire/iso_code.hpp"

namespace weir::wire {
namespace {

std::uint64_t word_of(const TextIds& ids, EventBatch& batch, EntityKind kind,
                      std::string_view text) {
  std::uint64_t word = 99;
  EXPECT_TRUE(ids.entity(batch, kind, text, word));
  return word;
}

TEST(TextIds, TellsNumbersKnownTextsAndNewTextsApart) {
  Dictionary dictionary;
  ASSERT_TRUE(dictionary.add(0, "a-1"));
  const TextIds ids(&dictionary, nullptr);
  EventBatch batch;
  EXPECT_EQ(word_of(ids, batch, EntityKind::kAccount, ""), 0U);
  EXPECT_EQ(word_of(ids, batch, EntityKind::kAccount, "12"),
            EntityId::number(EntityKind::kAccount, 12).word);
  EXPECT_EQ(word_of(ids, batch, EntityKind::kAccount, "a-1"),
            EntityId::interned(EntityKind::kAccount, 1).word);
  EXPECT_EQ(word_of(ids, batch, EntityKind::kAccount, "010"),
            EntityId::pending(EntityKind::kAccount, 0).word);
  EXPECT_EQ(word_of(ids, batch, EntityKind::kIp, "203.0.113.9"),
            EntityId::number(EntityKind::kIp, 0xCB007109).word);
  std::uint64_t word = 0;
  EXPECT_FALSE(ids.entity(batch, EntityKind::kAccount, std::string(513, 'x'), word));
}

TEST(TextIds, MasksChosenKindsBeforeAnybodySeesTheText) {
  const EntityKind kinds[] = {EntityKind::kCard};
  const Masking masking(as_bytes("key"), kinds);
  // RFC 4231 style check against Python's hmac module.
  EXPECT_EQ(masking.mask("The quick brown fox jumps over the lazy dog"),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  const TextIds ids(nullptr, &masking);
  EventBatch batch;
  const EntityId card{word_of(ids, batch, EntityKind::kCard, "4111111111111111")};
  ASSERT_EQ(card.tag(), EntityId::kPending);
  EXPECT_EQ(batch.text(card.value()), masking.mask("4111111111111111"));
  EXPECT_EQ(word_of(ids, batch, EntityKind::kAccount, "4111111111111111"),
            EntityId::number(EntityKind::kAccount, 4'111'111'111'111'111).word);
}

TEST(ParseIpv4, TakesPaddedOctetsOnlyWhenTold) {
  std::uint32_t address = 0;
  EXPECT_TRUE(parse_ipv4("172.16.112.20", false, address));
  EXPECT_EQ(address, 0xAC107014U);
  EXPECT_FALSE(parse_ipv4("172.016.112.020", false, address));
  EXPECT_TRUE(parse_ipv4("172.016.112.020", true, address));
  EXPECT_EQ(address, 0xAC107014U);
  EXPECT_TRUE(parse_ipv4("0.0.0.0", false, address));
  for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", ".1.2.3",
                           "1.2.3.4 ", "1.2.3.0004", "a.b.c.d", "1..2.3"})
    EXPECT_FALSE(parse_ipv4(text, true, address)) << text;
}

TEST(TextIds, ReadsCurrencies) {
  const TextIds ids;
  EventBatch batch;
  Event event{};
  ASSERT_TRUE(ids.currency(batch, event, 0, "USD"));
  EXPECT_EQ(event.currency, 840);
  EXPECT_EQ(event.exponent, 2);
  ASSERT_TRUE(ids.currency(batch, event, 0, "jpy"));
  EXPECT_EQ(event.currency, 392);
  EXPECT_EQ(event.exponent, 0);
  ASSERT_TRUE(ids.currency(batch, event, 0, "036"));
  EXPECT_EQ(event.currency, 36);
  ASSERT_TRUE(ids.currency(batch, event, 0, ""));
  EXPECT_EQ(event.currency, kUnknownCurrency);
  EXPECT_TRUE(batch.patches.empty());
  ASSERT_TRUE(ids.currency(batch, event, 0, "BTC"));
  EXPECT_EQ(event.exponent, 8);
  EXPECT_EQ(batch.patches.size(), 1U);
}

TEST(TextResolver, NumbersTextsInRowOrderWhereverBatchesAreCut) {
  const auto build = [](EventBatch& batch, int first, int last) {
    const TextIds ids;
    batch.clear();
    for (int i = first; i < last; ++i) {
      Event event{};
      const auto row = static_cast<std::uint32_t>(batch.size());
      (void)ids.entity(batch, EntityKind::kAccount, "a-" + std::to_string(i % 7), event.creditor);
      (void)ids.entity(batch, EntityKind::kAccount, "a-" + std::to_string(i % 5), event.debtor);
      (void)ids.channel(batch, event, row, "c-" + std::to_string(i % 3));
      (void)ids.category(batch, event, row, i % 2 == 0 ? "5411" : "GDDS");
      batch.events.push_back(event);
    }
  };
  const auto run = [&](int step) {
    Dictionary dictionary;
    TextResolver resolver;
    std::vector<Event> events;
    EventBatch batch;
    for (int i = 0; i < 60; i += step) {
      build(batch, i, std::min(60, i + step));
      std::vector<std::uint16_t> refusals(batch.size(), 0);
      resolver.resolve(batch, dictionary, refusals);
      events.insert(events.end(), batch.events.begin(), batch.events.end());
    }
    EXPECT_EQ(dictionary.text(0, 1), "a-0");
    std::vector<std::uint8_t> bytes(events.size() * sizeof(Event));
    std::memcpy(bytes.data(), events.data(), bytes.size());
    return bytes;
  };
  const auto whole = run(60);
  EXPECT_EQ(run(1), whole);
  EXPECT_EQ(run(7), whole);
}

TEST(TextResolver, SkipsRefusedRowsAndRefusesWhatFindsNoRoom) {
  Dictionary dictionary(1);
  const TextIds ids;
  EventBatch batch;
  for (const char* name : {"refused", "first", "second"}) {
    Event event{};
    ASSERT_TRUE(ids.entity(batch, EntityKind::kAccount, name, event.debtor));
    batch.events.push_back(event);
  }
  std::vector<std::uint16_t> refusals = {1002, 0, 0};
  TextResolver().resolve(batch, dictionary, refusals);
  EXPECT_EQ(dictionary.text(0, 1), "first");
  EXPECT_EQ(EntityId{batch.events[1].debtor}, EntityId::interned(EntityKind::kAccount, 1));
  EXPECT_EQ(refusals[2], static_cast<std::uint16_t>(Refusal::kDictionaryFull));
}

TEST(TextResolver, PatchesSmallFieldsWithTheirOffsets) {
  Dictionary dictionary;
  EventBatch batch;
  Event event{};
  const TextIds ids;
  ASSERT_TRUE(ids.channel(batch, event, 0, "web"));
  ASSERT_TRUE(ids.category(batch, event, 0, "GDDS"));
  ASSERT_TRUE(ids.currency(batch, event, 0, "BTC"));
  batch.events.push_back(event);
  std::vector<std::uint16_t> refusals = {0};
  TextResolver().resolve(batch, dictionary, refusals);
  EXPECT_EQ(batch.events[0].channel, 1);
  EXPECT_EQ(batch.events[0].category, kCategoryTextFirst);
  EXPECT_EQ(batch.events[0].currency, kAssetFirst);
}

TEST(CheckInterned, RefusesNumbersThatNoTextHas) {
  Dictionary dictionary;
  ASSERT_TRUE(dictionary.add(static_cast<std::uint8_t>(EntityKind::kAccount), "a-1"));
  ASSERT_TRUE(dictionary.add(static_cast<std::uint8_t>(EntityKind::kCard), "c-1"));
  ASSERT_TRUE(dictionary.add(static_cast<std::uint8_t>(Namespace::kCategory), "GDDS"));
  const std::uint64_t known = EntityId::interned(EntityKind::kAccount, 1).word;
  const std::uint64_t unknown = EntityId::interned(EntityKind::kAccount, 2).word;
  std::vector<Event> events;
  std::vector<std::uint16_t> wanted;
  const auto expect = [&](Refusal refusal) -> Event& {
    wanted.push_back(static_cast<std::uint16_t>(refusal));
    return events.emplace_back();
  };
  constexpr auto kTaken = static_cast<Refusal>(0);
  expect(kTaken).debtor = known;
  expect(Refusal::kPartyMissing).debtor = unknown;
  expect(Refusal::kPartyMissing).creditor = unknown;
  expect(Refusal::kPartyMissing).merchant = EntityId::interned(EntityKind::kMerchant, 1).word;
  expect(Refusal::kPartyMissing).device = EntityId::interned(EntityKind::kDevice, 1).word;
  expect(Refusal::kPartyMissing).instrument = EntityId::interned(EntityKind::kCard, 2).word;
  expect(kTaken).instrument = EntityId::interned(EntityKind::kCard, 1).word;
  expect(Refusal::kPartyMissing).ip = EntityId::interned(EntityKind::kIp, 1).word;
  expect(kTaken).debtor = EntityId::number(EntityKind::kAccount, 2).word;  // a plain number
  expect(kTaken).category = kCategoryTextFirst;
  expect(Refusal::kFieldMissing).category = kCategoryTextFirst + 1;
  expect(kTaken).category = 5411;
  // The party's refusal comes before the category's, and an earlier one before both.
  Event& both = expect(Refusal::kPartyMissing);
  both.debtor = unknown;
  both.category = kCategoryTextFirst + 1;
  expect(Refusal::kAmountNegative).debtor = unknown;
  std::vector<std::uint16_t> refusals(events.size(), 0);
  refusals.back() = static_cast<std::uint16_t>(Refusal::kAmountNegative);
  check_interned(events, dictionary, refusals);
  EXPECT_EQ(refusals, wanted);
}

TEST(EntityText, GivesBackWhatWasRead) {
  Dictionary dictionary;
  ASSERT_TRUE(dictionary.add(0, "a-1"));
  EXPECT_EQ(entity_text(EntityId::interned(EntityKind::kAccount, 1), dictionary), "a-1");
  EXPECT_EQ(entity_text(EntityId::number(EntityKind::kAccount, 0), dictionary), "0");
  EXPECT_EQ(entity_text(EntityId::number(EntityKind::kIp, 0xCB007109), dictionary), "203.0.113.9");
  EXPECT_EQ(entity_text({}, dictionary), "");
}

TEST(IsoCode, KnowsCurrenciesAndCountries) {
  EXPECT_EQ(find_currency("EUR")->number, 978);
  EXPECT_EQ(find_currency(std::uint16_t{48})->exponent, 3);
  EXPECT_EQ(find_currency("ZZZ"), nullptr);
  EXPECT_EQ(find_currency("EURO"), nullptr);
  EXPECT_EQ(currency_code_of_name("UK Pound"), "GBP");
  EXPECT_EQ(currency_code_of_name("CHF"), "CHF");
  EXPECT_EQ(country_number("DE"), 276);
  EXPECT_EQ(country_number("us"), 840);
  EXPECT_EQ(country_number("ZZ"), 0);
  EXPECT_EQ(country_code(276), "DE");
  EXPECT_EQ(country_code(0), "");
}

}  // namespace
}  // namespace weir::wire
