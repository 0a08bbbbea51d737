#include "gate/producer_book.hpp"

#include "gate/gate_fixture.hpp"

namespace weir::gate {
namespace {

TEST(ProducerBook, KnowsNextRepeatAndGap) {
  ProducerBook book;
  EXPECT_EQ(book.place(7, 1), FramePlace::kNext);
  EXPECT_EQ(book.place(7, 2), FramePlace::kGap);
  book.admit({7, 1, 10});
  EXPECT_EQ(book.place(7, 1), FramePlace::kRepeat);
  EXPECT_EQ(book.place(7, 2), FramePlace::kNext);
  EXPECT_EQ(book.place(7, 3), FramePlace::kGap);
  EXPECT_EQ(book.place(8, 1), FramePlace::kNext);
  EXPECT_EQ(book.last(7).first_seq, 10U);
  EXPECT_EQ(book.committed(7), 0U);  // admitted is not durable
}

TEST(ProducerBook, TakesNoMoreProducersThanItsLimit) {
  ProducerBook book;
  for (std::uint64_t id = 1; id <= kProducersMax; ++id) book.admit({id, 1, id});
  EXPECT_EQ(book.place(kProducersMax + 1, 1), FramePlace::kFull);
  EXPECT_EQ(book.place(kProducersMax, 2), FramePlace::kNext);
}

TEST(ProducerBook, LoadsWhatItSavedAndRefusesLess) {
  ledger::ControlWriter controls;
  ByteWriter payload;
  encode(CheckpointControl{.producer_id = 7, .producer_seq = 3, .first_seq = 21, .source = {}},
         payload);
  controls.add(ledger::ControlType::kCheckpoint, payload.bytes());
  ProducerBook book;
  book.commit(controls.bytes());
  ByteWriter saved;
  book.save(saved);
  ProducerBook again;
  ByteReader in(saved.bytes());
  ASSERT_TRUE(again.load(in).is_ok());
  EXPECT_EQ(again.committed(7), 3U);
  EXPECT_EQ(again.place(7, 4), FramePlace::kNext);
  EXPECT_EQ(again.last(7).first_seq, 21U);
  ByteReader cut(saved.bytes().first(saved.bytes().size() - 1));
  EXPECT_EQ(ProducerBook().load(cut).code(), Code::kDataLoss);
}

class FramesTest : public GateFixture {};

TEST_F(FramesTest, GoOnBehindTheLastCommittedOneAfterARestart) {
  open();
  EXPECT_EQ(gate_->committed_frame(7), 0U);
  ASSERT_TRUE(ask_frame(1, stream(1, 5)).status.is_ok());
  const Reply second = ask_frame(2, stream(6, 5));
  ASSERT_TRUE(second.status.is_ok());
  EXPECT_EQ(gate_->committed_frame(7), 2U);
  for (const bool snapshot : {false, true}) {
    // Without the snapshots the frames are found in the log.
    gate_.reset();
    if (!snapshot) std::filesystem::remove_all(dir_ + "/snap");
    open();
    EXPECT_EQ(gate_->recovery().snapshot_height != 0, snapshot);
    EXPECT_EQ(gate_->committed_frame(7), 2U);
    const Reply repeated = ask_frame(2, stream(6, 5));
    ASSERT_TRUE(repeated.status.is_ok()) << repeated.status.to_string();
    ASSERT_EQ(repeated.verdicts.size(), 5U);
    for (std::size_t row = 0; row < 5; ++row) {
      EXPECT_EQ(std::memcmp(&repeated.verdicts[row], &second.verdicts[row], sizeof(wire::Verdict)),
                0);
    }
    EXPECT_EQ(repeated.accepted, 0U);
  }
  EXPECT_EQ(ask_frame(3, stream(11, 1)).verdicts[0].seq, 11U);
}

TEST_F(FramesTest, LeaveAGapAndAreRefusedWhole) {
  open();
  ask_frame(1, stream(1, 2));
  const Reply gap = ask_frame(3, stream(3, 2));
  EXPECT_EQ(gap.status.reason(), "sequence_gap");
  EXPECT_EQ(gap.status.error().field, "producer_seq");
  EXPECT_EQ(gate_->admission().next_seq(), 3U);
  EXPECT_EQ(ask_frame(2, stream(3, 2)).accepted, 2U);
}

TEST_F(FramesTest, BeyondTheHorizonAreKnownByTheirNumber) {
  options_.admission.dedup_events = 8;
  open();
  ask_frame(1, stream(1, 5));
  ask(stream(100, 8));
  const Reply repeated = ask_frame(1, stream(1, 5));
  EXPECT_EQ(repeated.status.reason(), "already_committed");
  EXPECT_NE(repeated.status.message().find("first_seq 1"), std::string::npos);
  EXPECT_EQ(gate_->admission().next_seq(), 14U);
}

TEST_F(FramesTest, CountAlsoWhenNothingInThemIsSound) {
  open();
  wire::EventBatch bad = stream(1, 3);
  for (wire::Event& event : bad.events) event.amount = -1;
  const Reply refused = ask_frame(1, bad);
  EXPECT_EQ(refused.refused.size(), 3U);
  EXPECT_TRUE(ask_frame(2, {}).status.is_ok());  // refused before they came here
  gate_->drain();
  reopen();
  EXPECT_EQ(gate_->committed_frame(7), 2U);
  EXPECT_EQ(ask_frame(1, bad).refused.size(), 3U);
  EXPECT_TRUE(ask_frame(2, {}).status.is_ok());
}

TEST_F(FramesTest, DoNotAddEventsWhenRepeated) {
  open();
  ask_frame(1, stream(1, 3));
  wire::EventBatch other = stream(1, 3);
  other.events[1] = stream(50, 1).events[0];
  const Reply repeated = ask_frame(1, other);
  EXPECT_EQ(repeated.verdicts[0].seq, 1U);
  EXPECT_EQ(repeated.verdicts[1].seq, 0U);
  ASSERT_EQ(repeated.refused.size(), 1U);
  EXPECT_EQ(repeated.refused[0].status.reason(), "already_committed");
  EXPECT_EQ(gate_->admission().next_seq(), 4U);
}

TEST_F(FramesTest, MayNotNameNumbersThatTheDictionaryLacks) {
  open();
  wire::EventBatch text = stream(1, 1);
  text.events[0].debtor = text.pending(wire::EntityKind::kCard, "tok-1");
  ASSERT_EQ(ask(text).accepted, 1U);
  wire::EventBatch frame = stream(2, 3);
  frame.events[0].instrument = wire::EntityId::interned(wire::EntityKind::kCard, 1).word;
  frame.events[1].instrument = wire::EntityId::interned(wire::EntityKind::kCard, 2).word;
  frame.events[2].category = wire::kCategoryTextFirst;
  const Reply reply = ask_frame(1, frame);
  EXPECT_EQ(reply.accepted, 1U);
  ASSERT_EQ(reply.refused.size(), 2U);
  EXPECT_EQ(reply.refused[0].row, 1U);
  EXPECT_EQ(reply.refused[0].status.reason(), "party_missing");
  EXPECT_EQ(reply.refused[1].status.reason(), "field_missing");
}

}  // namespace
}  // namespace weir::gate
