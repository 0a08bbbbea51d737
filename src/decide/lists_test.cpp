#include "decide/lists.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace weir::decide {
namespace {

using wire::EntityId;
using wire::EntityKind;

TEST(Lists, RefuseWhatCannotBeAnEntry) {
  Lists lists;
  EXPECT_EQ(lists.put("v!p", {.kind = "account", .value = "1"}).reason(), "list_name");
  EXPECT_EQ(lists.put("vip", {.kind = "planet", .value = "1"}).reason(), "list_kind");
  EXPECT_EQ(lists.put("vip", {.kind = "account", .value = ""}).reason(), "list_value");
  EXPECT_EQ(lists.put("vip", {.kind = "card", .value = "1", .expires_us = -1}).reason(),
            "time_range");
  EXPECT_EQ(lists.remove("vip", "account", "1").code(), Code::kNotFound);
  EXPECT_EQ(lists.drop("vip").code(), Code::kNotFound);
  EXPECT_TRUE(lists.put("vip", {.kind = "k16", .value = "x"}).is_ok());
}

TEST(Lists, ReplaceAndRemoveEntries) {
  Lists lists;
  ASSERT_TRUE(lists.put("vip", {.kind = "account", .value = "1", .note = "a"}).is_ok());
  ASSERT_TRUE(lists.put("vip", {.kind = "account", .value = "1", .note = "b"}).is_ok());
  EXPECT_EQ(lists.size(), 1U);
  EXPECT_EQ(lists.all().at("vip").begin()->second.note, "b");
  ASSERT_TRUE(lists.remove("vip", "account", "1").is_ok());
  EXPECT_EQ(lists.size(), 0U);
  ASSERT_TRUE(lists.drop("vip").is_ok());
  EXPECT_TRUE(lists.all().empty());
}

TEST(Lists, FlagEntitiesOnceWithAllTheirMarks) {
  wire::Dictionary dictionary;
  const auto card = static_cast<std::uint8_t>(EntityKind::kCard);
  ASSERT_EQ(*dictionary.add(card, "tok"), 1U);
  Lists lists;
  ASSERT_TRUE(lists.put("deny", {.kind = "card", .value = "tok"}).is_ok());
  ASSERT_TRUE(lists.put("watch", {.kind = "card", .value = "tok", .expires_us = 100}).is_ok());
  ASSERT_TRUE(lists.put("allow", {.kind = "customer", .value = "596"}).is_ok());
  ASSERT_TRUE(lists.put("allow", {.kind = "card", .value = "unknown"}).is_ok());
  ASSERT_TRUE(lists.put("other", {.kind = "customer", .value = "597"}).is_ok());
  std::map<std::uint64_t, std::uint16_t> flags;
  const auto collect = [&](EntityId id, std::uint16_t f) {
    EXPECT_TRUE(flags.emplace(id.word, f).second);
  };
  lists.flagged(&dictionary, nullptr, 99, collect);
  EXPECT_EQ(flags.size(), 2U);
  EXPECT_EQ(flags[EntityId::interned(EntityKind::kCard, 1).word], profile::kDeny | profile::kWatch);
  EXPECT_EQ(flags[EntityId::number(EntityKind::kCustomer, 596).word], profile::kAllow);
  EXPECT_EQ(lists.next_flag_expiry(99), 100);
  EXPECT_EQ(lists.next_flag_expiry(100), std::numeric_limits<std::int64_t>::max());
  flags.clear();
  lists.flagged(&dictionary, nullptr, 100, collect);
  EXPECT_EQ(flags[EntityId::interned(EntityKind::kCard, 1).word], profile::kDeny);
}

TEST(Lists, SurviveSaveAndLoadAndRefuseCutBytes) {
  Lists lists;
  lists.set_version(31);
  ASSERT_TRUE(
      lists.put("vip", {.kind = "text", .value = "x", .expires_us = 5, .note = "n", .author = "me"})
          .is_ok());
  ASSERT_TRUE(lists.create("empty").is_ok());
  ByteWriter out;
  lists.save(out);
  Lists loaded;
  ByteReader in(out.bytes());
  ASSERT_TRUE(loaded.load(in).is_ok());
  EXPECT_EQ(loaded.version(), 31U);
  EXPECT_EQ(loaded.all().size(), 2U);
  EXPECT_EQ(loaded.all().at("vip").begin()->second.author, "me");
  for (std::size_t size = 0; size < out.bytes().size(); ++size) {
    ByteReader cut(out.bytes().first(size));
    EXPECT_FALSE(loaded.load(cut).is_ok());
  }
  EXPECT_EQ(loaded.all().size(), 2U);  // unchanged
}

TEST(ListIndex, LearnsTextsWithTheDictionaryAndKeepsItsHits) {
  wire::Dictionary dictionary;
  Lists lists;
  ASSERT_TRUE(lists.put("l", {.kind = "card", .value = "tok"}).is_ok());
  ASSERT_TRUE(lists.put("l", {.kind = "card", .value = "7"}).is_ok());
  ListIndex index(lists, &dictionary, nullptr);
  const std::uint32_t l = index.find("l");
  const std::uint64_t seven = EntityId::number(EntityKind::kCard, 7).word;
  EXPECT_TRUE(index.contains(l, seven, 1));
  EXPECT_FALSE(index.outdated(&dictionary));
  const auto card = static_cast<std::uint8_t>(EntityKind::kCard);
  ASSERT_TRUE(dictionary.add(card, "tok").has_value());
  EXPECT_TRUE(index.outdated(&dictionary));
  ListIndex again(lists, &dictionary, nullptr);
  again.keep_hits(index);
  EXPECT_EQ(again.hits("l", "card", "7"), 1U);
  EXPECT_TRUE(again.contains(l, EntityId::interned(EntityKind::kCard, 1).word, 1));
  EXPECT_EQ(again.find("nothing"), ListIndex::kNone);
}

}  // namespace
}  // namespace weir::decide
