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
