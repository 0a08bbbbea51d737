#include "server/native/session.hpp"

#include <gtest/gtest.h>

#include "server/native/listener.hpp"
#include "server/testing/fake_pass.hpp"
#include "server/testing/test_client.hpp"

namespace weir::server {
namespace {

using wire::Frame;
using wire::FrameKind;

std::vector<wire::Event> make_events(std::size_t count) {
  std::vector<wire::Event> events(count);
  for (std::size_t i = 0; i < count; ++i) {
    events[i] = {};
    events[i].id[0] = static_cast<std::uint8_t>(i + 1);
    events[i].time_us = 1'600'000'000'000'000;
    events[i].debtor = wire::EntityId::number(wire::EntityKind::kAccount, i).word;
    events[i].currency = wire::kUnknownCurrency;
  }
  return events;
}

class SessionTest : public testing::Test {
 protected:
  void open(NativeOptions options = {}) {
    session = std::make_shared<NativeSession>(
        options, pass, clock, [](std::uint64_t producer) { return producer * 10; },
        [this](std::vector<std::uint8_t> bytes, bool last) {
          sent.insert(sent.end(), bytes.begin(), bytes.end());
          closed = closed || last;
        });
  }
  void feed(const std::vector<std::uint8_t>& bytes) {
    const auto room = session->room(bytes.size());
    std::copy(bytes.begin(), bytes.end(), room.begin());
    session->received(bytes.size());
  }
  void hello() {
    std::vector<std::uint8_t> bytes;
    ASSERT_TRUE(writer.control(FrameKind::kHello, {}, {.producer_id = 7}, bytes).is_ok());
    feed(bytes);
  }
  std::vector<std::uint8_t> events_frame(std::span<const wire::Event> events, std::uint64_t seq) {
    std::vector<std::uint8_t> bytes;
    EXPECT_TRUE(writer.events(events, {}, {.producer_id = 7, .producer_seq = seq}, bytes).is_ok());
    return bytes;
  }
  // Takes the next frame that was sent; its views live until the next call.
  const Frame& next() {
    reader.feed(sent);
    sent.clear();
    const auto found = reader.next(frame);
    EXPECT_TRUE(found && *found);
    return frame;
  }
  bool nothing_sent() {
    reader.feed(sent);
    sent.clear();
    const auto found = reader.next(frame);
    return found && !*found;
  }
  ManualClock clock{1'700'000'000'000'000};
  FakePass pass;
  std::shared_ptr<NativeSession> session;
  wire::FrameWriter writer{{}};
  wire::FrameParser reader{wire::FrameParser::Options{}};
  Frame frame{};
  std::vector<std::uint8_t> sent;
  bool closed = false;
};

TEST_F(SessionTest, GreetsWithCreditAndTheLastCommittedFrame) {
  open({.credit_bytes = 4096, .key = {}});
  hello();
  const auto ack = wire::parse_hello_ack(next());
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->credit_bytes, 4096U);
  EXPECT_EQ(ack->committed_seq, 70U);
}

TEST_F(SessionTest, AnswersEventsWithVerdictsInOrderAndRefusedOnesAmong) {
  open();
  hello();
  next();
  auto events = make_events(3);
  events[1].amount = -5;
  feed(events_frame(events, 1));
  const Frame& answer = next();
  EXPECT_EQ(answer.header.kind, FrameKind::kVerdicts);
  EXPECT_EQ(answer.header.producer_seq, 1U);
  const auto verdicts = answer.verdicts();
  ASSERT_EQ(verdicts.size(), 3U);
  EXPECT_EQ(verdicts[0].seq, 1U);
  EXPECT_EQ(verdicts[1].seq, 0U);
  EXPECT_EQ(verdicts[1].core.ledger_status, 15);
  EXPECT_EQ(verdicts[1].core.top_rule, static_cast<std::uint32_t>(wire::Refusal::kAmountNegative));
  EXPECT_EQ(verdicts[1].id, events[1].id);
  EXPECT_EQ(verdicts[2].seq, 2U);
}

TEST_F(SessionTest, RefusesEventsBeforeHelloAndEnds) {
  open();
  feed(events_frame(make_events(1), 1));
  const auto error = wire::parse_error(next());
  ASSERT_TRUE(error);
  EXPECT_TRUE(closed);
  EXPECT_TRUE(session->blocked());
  hello();
  EXPECT_TRUE(nothing_sent());
}

TEST_F(SessionTest, RefusesAFrameThatIsNotSignedWithItsKey) {
  open({.credit_bytes = 4096, .key = wire::FrameKey(32, 1)});
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(writer.control(FrameKind::kHello, {}, {.producer_id = 7}, bytes).is_ok());
  feed(bytes);
  wire::FrameParser signed_reader({.key = wire::FrameKey(32, 1)});
  signed_reader.feed(sent);
  const auto found = signed_reader.next(frame);
  ASSERT_TRUE(found && *found);
  const auto error = wire::parse_error(frame);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->refusal, wire::Refusal::kFrameTag);
  EXPECT_TRUE(closed);
}

TEST_F(SessionTest, NamesTheFieldOfADamagedFrameAndEnds) {
  open();
  hello();
  next();
  auto bytes = events_frame(make_events(2), 1);
  bytes[100] ^= 1;
  feed(bytes);
  const auto error = wire::parse_error(next());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->refusal, wire::Refusal::kFrameChecksum);
  EXPECT_TRUE(error->message.starts_with("checksum")) << error->message;
  EXPECT_TRUE(closed);
  EXPECT_EQ(pass.events_seen.load(), 0U);
}

TEST_F(SessionTest, StopsAtItsCreditAndGoesOnWhenAnswered) {
  open({.credit_bytes = 200, .key = {}});
  hello();
  next();
  pass.mode = FakePass::Mode::kHeld;
  auto two = events_frame(make_events(2), 1);
  const auto second = events_frame(make_events(2), 2);
  two.insert(two.end(), second.begin(), second.end());
  feed(two);
  EXPECT_EQ(pass.held(), 1U);  // 256 bytes are open: beyond the credit
  EXPECT_TRUE(session->blocked());
  pass.mode = FakePass::Mode::kInline;
  pass.release();
  EXPECT_EQ(next().header.producer_seq, 1U);
  EXPECT_FALSE(session->blocked());
  session->pump();
  EXPECT_EQ(next().header.producer_seq, 2U);
  EXPECT_TRUE(session->idle());
}

TEST_F(SessionTest, SubmitsAgainWhatAFullQueueGaveBack) {
  open();
  hello();
  next();
  pass.queue_full_times = 2;
  feed(events_frame(make_events(4), 1));
  EXPECT_TRUE(nothing_sent());
  while (session->retry_wanted()) session->retry();
  EXPECT_EQ(next().verdicts().size(), 4U);
  EXPECT_EQ(pass.events_seen.load(), 4U);
}

TEST_F(SessionTest, LetsNoLaterFrameOvertakeOneThatWaitsForRoom) {
  open();
  hello();
  next();
  pass.queue_full_times = 1;
  auto both = events_frame(make_events(1), 1);
  const auto second = events_frame(make_events(2), 2);
  both.insert(both.end(), second.begin(), second.end());
  feed(both);
  EXPECT_TRUE(nothing_sent());
  EXPECT_TRUE(session->blocked());
  session->retry();
  EXPECT_EQ(next().header.producer_seq, 1U);
  session->pump();
  EXPECT_EQ(next().header.producer_seq, 2U);
}

TEST_F(SessionTest, AnswersAGapWithAnErrorAndGoesOn) {
  open();
  hello();
  next();
  pass.refuse_next("sequence_gap");
  feed(events_frame(make_events(1), 3));
  const auto error = wire::parse_error(next());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->refusal, wire::Refusal::kSequenceGap);
  EXPECT_FALSE(closed);
  feed(events_frame(make_events(1), 1));
  EXPECT_EQ(next().verdicts().size(), 1U);
}

TEST_F(SessionTest, AnswersPingWithItsPayload) {
  open();
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(writer.control(FrameKind::kPing, as_bytes("are you there"), {}, bytes).is_ok());
  feed(bytes);
  const Frame& pong = next();
  EXPECT_EQ(pong.header.kind, FrameKind::kPong);
  EXPECT_EQ(std::string(pong.payload.begin(), pong.payload.end()), "are you there");
}

TEST_F(SessionTest, ListensOverTcpAndDrains) {
  MetricRegistry metrics;
  NativeListener listener(
      {}, pass, clock, [](std::uint64_t) { return 0; }, metrics);
  const auto port = listener.start();
  ASSERT_TRUE(port);
  TestClient client(*port);
  const auto text = [](const std::vector<std::uint8_t>& bytes) {
    return std::string(bytes.begin(), bytes.end());
  };
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(writer.control(FrameKind::kHello, {}, {.producer_id = 7}, bytes).is_ok());
  for (std::uint64_t seq = 1; seq <= 20; ++seq) {
    const auto more = events_frame(make_events(100), seq);
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  client.send(text(bytes));
  std::size_t answered = 0;
  for (int frames = 0; frames < 21; ++frames) {
    const std::string head = client.read_exactly(wire::kFrameHeaderBytes);
    ASSERT_EQ(head.size(), wire::kFrameHeaderBytes);
    const auto header = load<wire::FrameHeader>(head.data());
    answered += header.kind == FrameKind::kVerdicts ? header.count : 0;
    client.read_exactly(header.stored_bytes);
  }
  EXPECT_EQ(answered, 2000U);
  EXPECT_TRUE(listener.drain(5'000));
  EXPECT_TRUE(client.at_end());
}

}  // namespace
}  // namespace weir::server
