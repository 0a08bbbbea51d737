#include "gate/label_book.hpp"

#include <gtest/gtest.h>

namespace weir::gate {
namespace {

wire::Event event_between(std::uint64_t debtor, std::uint64_t creditor) {
  wire::Event event{};
  event.debtor = wire::EntityId::number(wire::EntityKind::kAccount, debtor).word;
  event.creditor = wire::EntityId::number(wire::EntityKind::kAccount, creditor).word;
  return event;
}

TEST(LabelBook, NamesThePartiesAndTheLabelBefore) {
  LabelBook book;
  const wire::Event event = event_between(1, 2);
  const LabelControl first = book.apply({.seq = 7, .fraud = true, .at_us = 100}, event);
  EXPECT_EQ(first.debtor, event.debtor);
  EXPECT_EQ(first.creditor, event.creditor);
  EXPECT_EQ(first.has_previous, 0);
  const LabelControl second = book.apply({.seq = 7, .fraud = false, .at_us = 200}, event);
  EXPECT_EQ(second.has_previous, 1);
  EXPECT_EQ(second.previous_fraud, 1);
  EXPECT_EQ(second.previous_at_us, 100);
}

TEST(LabelBook, CountsLabelsByRuleAndTakesChangedOnesBack) {
  LabelBook book;
  const wire::Event event = event_between(1, 2);
  const LabelHits hits{3, {0, 2, 2 | kLabelShadow}};
  book.count(book.apply({.seq = 7, .fraud = true, .at_us = 1}, event), hits);
  book.count(book.apply({.seq = 8, .fraud = false, .at_us = 1}, event), {3, {2}});
  EXPECT_EQ(book.of_rule(3, 0).fraud, 1U);
  EXPECT_EQ(book.of_rule(3, 2).fraud, 1U);
  EXPECT_EQ(book.of_rule(3, 2).legit, 1U);
  EXPECT_EQ(book.of_rule(3, 2).shadow_fraud, 1U);
  EXPECT_EQ(book.of_rule(3, 1).fraud + book.of_rule(3, 9).fraud, 0U);
  EXPECT_EQ(book.of_rule(2, 0).fraud, 0U);
  book.count(book.apply({.seq = 7, .fraud = false, .at_us = 2}, event), hits);
  EXPECT_EQ(book.of_rule(3, 2).fraud, 0U);
  EXPECT_EQ(book.of_rule(3, 2).legit, 2U);
  EXPECT_EQ(book.of_rule(3, 2).shadow_legit, 1U);
  // The same label again counts once.
  book.count(book.apply({.seq = 7, .fraud = false, .at_us = 3}, event), hits);
  EXPECT_EQ(book.of_rule(3, 2).legit, 2U);
  // An older version counts no more, a newer one starts afresh.
  book.count(book.apply({.seq = 9, .fraud = true, .at_us = 3}, event), {2, {0}});
  EXPECT_EQ(book.of_rule(3, 0).fraud, 0U);
  ByteWriter saved;
  book.save(saved);
  LabelBook again;
  ByteReader in(saved.bytes());
  ASSERT_TRUE(again.load(in).is_ok());
  EXPECT_EQ(again.of_rule(3, 2).legit, 2U);
  book.count(book.apply({.seq = 10, .fraud = true, .at_us = 3}, event), {4, {1}});
  EXPECT_EQ(book.of_rule(4, 1).fraud, 1U);
  EXPECT_EQ(book.of_rule(3, 2).legit, 0U);
}

TEST(LabelBook, SavesEqualBooksAsEqualBytes) {
  LabelBook forward;
  LabelBook backward;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    forward.apply({.seq = i, .fraud = true, .at_us = 5}, event_between(i, 1));
    backward.apply({.seq = 51 - i, .fraud = true, .at_us = 5}, event_between(51 - i, 1));
  }
  ByteWriter a;
  ByteWriter b;
  forward.save(a);
  backward.save(b);
  EXPECT_EQ(a.buffer(), b.buffer());
  LabelBook loaded;
  ByteReader in(a.bytes());
  ASSERT_TRUE(loaded.load(in).is_ok());
  EXPECT_EQ(loaded.size(), 50U);
}

}  // namespace
}  // namespace weir::gate
