#include "server/sse/hub.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace weir::server {
namespace {

class HubTest : public testing::Test {
 protected:
  void publish(Topic topic, std::uint64_t seq, const std::string& data, bool pass = false) {
    hub.publish({.topic = topic, .pass = pass, .seq = seq, .data = data});
    hub.drain();
  }
  std::shared_ptr<StreamSource> follow(const Subscription& subscription) {
    auto source = hub.subscribe(subscription);
    EXPECT_NE(source, nullptr);
    source->attached([this] { ++woken; });
    std::string greeting;
    if (!subscription.after) source->pull(greeting);
    return source;
  }
  static std::string pull(StreamSource& source) {
    std::string out;
    EXPECT_TRUE(source.pull(out));
    return out;
  }
  ManualClock clock{1'000'000};
  MetricRegistry metrics;
  SseHub hub{{.ring_messages = 4, .inbox_messages = 8, .clients_max = 2}, clock, metrics};
  int woken = 0;
};

TEST_F(HubTest, NumbersMessagesBySequenceAndPart) {
  const auto source = follow({});
  publish(Topic::kVerdict, 7, "a");
  publish(Topic::kMetrics, 0, "b");
  publish(Topic::kVerdict, 9, "c");
  publish(Topic::kVerdict, 8, "d");
  EXPECT_EQ(pull(*source),
            "event: verdict\nid: 7\ndata: a\n\nevent: metrics\nid: 7.1\ndata: b\n\n"
            "event: verdict\nid: 9\ndata: c\n\nevent: verdict\nid: 9.1\ndata: d\n\n");
  EXPECT_GE(woken, 4);
}

TEST_F(HubTest, ResumesExactlyBehindTheLastId) {
  const auto keep = follow({});
  publish(Topic::kVerdict, 7, "a");
  publish(Topic::kMetrics, 0, "b");
  publish(Topic::kVerdict, 9, "c");
  const auto resumed = follow({.after = parse_stream_id("7")});
  EXPECT_EQ(pull(*resumed),
            "event: metrics\nid: 7.1\ndata: b\n\nevent: verdict\nid: 9\ndata: c\n\n");
  resumed->detached();
  const auto later = follow({.after = parse_stream_id("9")});
  EXPECT_EQ(pull(*later), ": still here\n\n");
}

TEST_F(HubTest, TellsASlowReaderHowManyItMissed) {
  const auto source = follow({});
  for (std::uint64_t seq = 1; seq <= 10; ++seq) publish(Topic::kVerdict, seq, "x");
  const std::string text = pull(*source);
  EXPECT_TRUE(text.starts_with("event: gap\ndata: {\"missed\":\"6\"}\n\nevent: verdict\nid: 7\n"))
      << text;
  EXPECT_EQ(metrics.value(Metric::kSseGapsTotal), 1);
}

TEST_F(HubTest, TellsAReturningReaderThatItsPlaceIsGone) {
  const auto keep = follow({});
  for (std::uint64_t seq = 1; seq <= 10; ++seq) publish(Topic::kVerdict, seq, "x");
  const auto old = follow({.after = parse_stream_id("3")});
  EXPECT_TRUE(
      pull(*old).starts_with("event: gap\ndata: {\"missed\":null}\n\nevent: verdict\nid: 7\n"));
  old->detached();
  const auto other_run = follow({.after = parse_stream_id("5000")});
  EXPECT_EQ(pull(*other_run), "event: gap\ndata: {\"missed\":null}\n\n");
}

TEST_F(HubTest, ShowsWhatTheInboxRefusedAsAGap) {
  const auto source = follow({});
  for (std::uint64_t seq = 1; seq <= 12; ++seq)
    hub.publish({.topic = Topic::kVerdict, .pass = false, .seq = seq, .data = "x"});
  hub.drain();
  const std::string text = pull(*source);
  EXPECT_TRUE(text.starts_with("event: gap\ndata: {\"missed\":\"8\"}\n\n")) << text;
}

TEST_F(HubTest, KeepsTopicsAndPassesApart) {
  const auto alerts = follow({.topics = topic_bit(Topic::kAlert)});
  EXPECT_FALSE(hub.wanted(Topic::kVerdict, false));
  const auto verdicts = follow({.topics = topic_bit(Topic::kVerdict), .passes = true});
  EXPECT_TRUE(hub.wanted(Topic::kVerdict, true));
  EXPECT_EQ(hub.subscribe({}), nullptr);  // two are the limit here
  publish(Topic::kVerdict, 1, "passed", true);
  publish(Topic::kAlert, 2, "alert");
  EXPECT_EQ(pull(*alerts), "event: alert\nid: 2\ndata: alert\n\n");
  EXPECT_EQ(pull(*verdicts), "event: verdict\nid: 1\ndata: passed\n\n");
  verdicts->detached();
  EXPECT_FALSE(hub.wanted(Topic::kVerdict, true));
  EXPECT_EQ(hub.clients(), 1U);
}

TEST_F(HubTest, BeatsAfterFifteenSilentSeconds) {
  const auto source = follow({});
  clock.advance_us(14'900'000);
  hub.tick();
  EXPECT_EQ(woken, 0);
  EXPECT_EQ(pull(*source), "");
  clock.advance_us(200'000);
  hub.tick();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(pull(*source), ": still here\n\n");
  EXPECT_EQ(pull(*source), "");
}

TEST_F(HubTest, TakesMessagesFromManyThreads) {
  SseHub big({.ring_messages = 10'000, .inbox_messages = 10'000}, clock, metrics);
  std::atomic<int> scheduled{0};
  big.attach([&] { ++scheduled; });
  const auto source = big.subscribe({});
  source->attached([] {});
  pull(*source);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        big.publish({.topic = Topic::kNotice, .pass = false, .seq = 0, .data = "x"});
    });
  for (std::thread& thread : threads) thread.join();
  big.drain();
  std::size_t messages = 0;
  for (std::string text = pull(*source); !text.empty(); text = pull(*source))
    for (std::size_t at = 0; (at = text.find("data: x", at)) != std::string::npos; ++at) ++messages;
  EXPECT_EQ(messages, 2000U);
  EXPECT_EQ(scheduled.load(), 1);  // one wake-up until somebody drains
}

TEST(StreamId, ParsesOnlyItsOwnForm) {
  EXPECT_EQ(parse_stream_id("7.2"), (StreamId{7, 2}));
  for (const char* bad : {"", "x", "7.", "7.x", "-1", "7.1.1", " 7"})
    EXPECT_FALSE(parse_stream_id(bad)) << bad;
}

}  // namespace
}  // namespace weir::server
