#include "server/http/server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "server/testing/test_client.hpp"

namespace weir::server {
namespace {

// A body on its way back: paused while more than 64 KiB wait to be sent; a '!' or its end ends it.
struct Echo {
  std::string waiting;
  bool over = false;
  bool paused = false;
  std::atomic<std::size_t> most{0};  // that waited
  std::atomic<int> aborted{0};
  std::atomic<int> detached{0};
  std::function<void()> wake = [] {};
  std::function<void()> resume = [] {};
};

class EchoSink final : public BodySink {
 public:
  explicit EchoSink(Echo& echo) : echo_(echo) {}
  void attached(std::function<void()> resume) override { echo_.resume = std::move(resume); }
  bool on_data(std::string_view piece) override {
    echo_.waiting += piece;
    echo_.over |= piece.find('!') != std::string_view::npos;
    echo_.most = std::max(echo_.most.load(), echo_.waiting.size());
    echo_.wake();
    echo_.paused = echo_.waiting.size() > 64 * 1024;
    return !echo_.paused;
  }
  void on_end() override {
    echo_.over = true;
    echo_.wake();
  }
  void on_abort() override { ++echo_.aborted; }

 private:
  Echo& echo_;
};

class EchoSource final : public StreamSource {
 public:
  explicit EchoSource(Echo& echo) : echo_(echo) {}
  void attached(std::function<void()> wake) override { echo_.wake = std::move(wake); }
  bool pull(std::string& out) override {
    out += std::exchange(echo_.waiting, {});
    if (std::exchange(echo_.paused, false)) echo_.resume();
    return !echo_.over;
  }
  void detached() override { ++echo_.detached; }
  bool finite() const override { return true; }

 private:
  Echo& echo_;
};

// Echoes bodies; /held waits for the test, /later answers from another thread, /drop never answers,
// /duplex echoes while the body comes.
class EchoApplication final : public Application {
 public:
  BodyPlan on_header(Request& request) override {
    BodyPlan plan{.refuse = {}, .body_bytes_max = 1 << 20, .upload = false};
    if (request.path() == "/refused")
      plan.refuse = error_response(not_found("route_unknown", "nothing here"));
    plan.upload = request.path() == "/duplex";
    if (plan.upload) plan.body_bytes_max = UINT64_MAX;
    return plan;
  }
  void on_request(Request& request, Responder responder) override {
    if (request.path() == "/held") {
      const std::lock_guard lock(mutex_);
      held_.push_back(responder);
      ++held_count;
      return;
    }
    if (request.path() == "/drop") return;
    responder.send(text_response(200, request.body));
    responder.send(text_response(500, "the first reply stands"));
  }
  std::shared_ptr<BodySink> on_upload(Request&, Responder responder) override {
    responder.stream(text_response(200, {}), std::make_shared<EchoSource>(echo));
    return std::make_shared<EchoSink>(echo);
  }
  void on_reply(const Request&, unsigned, std::int64_t) override { ++replies; }

  std::vector<Responder> take_held() {
    const std::lock_guard lock(mutex_);
    return std::exchange(held_, {});
  }
  void wait_held(int count) {
    while (held_count < count) std::this_thread::yield();
  }
  std::atomic<int> held_count{0};
  std::atomic<int> replies{0};
  Echo echo;

 private:
  std::mutex mutex_;
  std::vector<Responder> held_;
};

class ServerTest : public testing::Test {
 protected:
  std::uint16_t start(HttpOptions options = {}) {
    options.port = 0;
    server_ = std::make_unique<HttpServer>(options, application_, clock_);
    auto port = server_->start();
    EXPECT_TRUE(port) << port.error().to_string();
    port_ = *port;
    return port_;
  }
  std::uint16_t first_port() const { return port_; }
  std::uint16_t port_ = 0;
  ManualClock clock_{1'000'000'000};
  EchoApplication application_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ServerTest, KeepsTheConnectionAndNamesEveryRequest) {
  TestClient client(start());
  const Reply first = client.request("POST", "/", {}, "one");
  const Reply second = client.request("POST", "/", "x-request-id: mine-7\r\n", "two");
  EXPECT_EQ(first.status, 200U);
  EXPECT_EQ(first.body, "one");
  EXPECT_FALSE(first.headers.contains("connection"));
  EXPECT_EQ(first.headers.at("x-request-id").size(), 16U);
  EXPECT_EQ(second.body, "two");
  EXPECT_EQ(second.headers.at("x-request-id"), "mine-7");
  Reply third = client.request("GET", "/", "x-request-id: bad id\x01\r\n");
  EXPECT_NE(third.headers["x-request-id"], "bad id\x01");
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  TestClient client(start());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    const std::string body = "body " + std::to_string(i);
    requests += "POST / HTTP/1.1\r\nhost: t\r\ncontent-length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body;
  }
  client.send(requests);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.read_reply().body, "body " + std::to_string(i));
}

TEST_F(ServerTest, TakesARequestByteByByte) {
  TestClient client(start());
  for (const char c : std::string("POST /x HTTP/1.1\r\nhost: t\r\ncontent-length: 3\r\n\r\nabc"))
    client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.read_reply().body, "abc");
}

TEST_F(ServerTest, TakesChunkedBodiesAndExpectContinue) {
  TestClient client(start());
  client.send(
      "POST / HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\ntrailer: 1\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "abcdefg");
  client.send("POST / HTTP/1.1\r\nhost: t\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(client.read_reply().body, "ok");
}

TEST_F(ServerTest, TakesABodyLargerThanItsBuffer) {
  TestClient client(start());
  const std::string body(700'000, 'x');
  EXPECT_EQ(client.request("POST", "/", {}, body).body, body);
  EXPECT_EQ(client.request("POST", "/", {}, "small").body, "small");
}

TEST_F(ServerTest, RefusesWhatIsNoRequestAndCloses) {
  const std::uint16_t port = start();
  const struct {
    std::string bytes;
    unsigned status;
    std::string reason;
  } cases[] = {
      {"GET / HTTP/1.0\r\nhost: t\r\n\r\n", 505, "http_version"},
      {"\x16\x03\x01 rubbish\r\n\r\n", 400, "bad_request"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "host_missing"},
      {"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400, "host_missing"},
      {"GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nhost: t\r\n\r\n", 414, "url_too_long"},
      {"GET / HTTP/1.1\r\nhost: t\r\nx: " + std::string(17'000, 'a') + "\r\n\r\n", 431,
       "header_too_large"},
      {"POST / HTTP/1.1\r\nhost: t\r\ncontent-length: 2000000\r\n\r\n", 413, "body_too_large"},
      {"POST / HTTP/1.1\r\nhost: t\r\ntransfer-encoding: gzip\r\n\r\n", 501, "transfer_encoding"},
      {"POST / HTTP/1.1\r\nhost: t\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n", 400,
       "bad_request"},
      {"POST / HTTP/1.1\r\nhost: t\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd", 400,
       "bad_request"},
      {"POST / HTTP/1.1\r\nhost: t\r\ncontent-length: -1\r\n\r\n", 400, "bad_request"},
  };
  for (const auto& one : cases) {
    TestClient client(port);
    client.send(one.bytes);
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, one.status) << one.bytes.substr(0, 60);
    EXPECT_NE(reply.body.find("\"reason\":\"" + one.reason + "\""), std::string::npos)
        << reply.body;
    EXPECT_EQ(reply.headers.count("x-request-id"), 1U);
    EXPECT_TRUE(client.at_end()) << one.bytes.substr(0, 60);
  }
}

TEST_F(ServerTest, RefusesAChunkedBodyThatGrowsTooLarge) {
  TestClient client(start());
  client.send("POST / HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 17; ++i) client.send(chunk);
  EXPECT_EQ(client.read_reply().status, 413U);
}

TEST_F(ServerTest, KeepsTheConnectionAfterARefusalUnlessItsBodyIsLarge) {
  TestClient client(start());
  EXPECT_EQ(client.get("/refused").status, 404U);
  EXPECT_EQ(client.get("/").status, 200U);
  EXPECT_EQ(client.request("POST", "/refused", {}, "thrown away").status, 404U);
  EXPECT_EQ(client.request("POST", "/", {}, "read").body, "read");
  client.send("POST /refused HTTP/1.1\r\nhost: t\r\ncontent-length: 1000000\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 404U);
  EXPECT_TRUE(client.at_end());
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  TestClient client(start());
  const Reply reply = client.request("HEAD", "/refused");
  EXPECT_EQ(reply.status, 404U);
  EXPECT_NE(reply.headers.at("content-length"), "0");
  EXPECT_EQ(client.get("/").status, 200U);
}

constexpr std::string_view kDuplex =
    "POST /duplex HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n";

TEST_F(ServerTest, AnswersWhileTheBodyIsStillComing) {
  TestClient client(start());
  client.send(kDuplex);
  client.send("5\r\nhello\r\n");
  EXPECT_EQ(client.read_head().status, 200U);
  EXPECT_EQ(client.read_exactly(5), "hello");
  EXPECT_EQ(server_->stats().in_flight.load(), 1U);
  client.send("4\r\nmore\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_exactly(4), "more");
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(application_.echo.aborted.load(), 0);
  server_.reset();
  EXPECT_EQ(application_.echo.detached.load(), 1);
}

TEST_F(ServerTest, StopsReadingABodyWhoseAnswerIsNotRead) {
  start();
  const std::string body(64 << 20, 'x');
  TestClient client(port_);
  client.send("POST /duplex HTTP/1.1\r\nhost: t\r\ncontent-length: " + std::to_string(body.size()) +
              "\r\n\r\n");
  std::thread sender([&] { client.send(body); });
  EXPECT_EQ(client.read_head().status, 200U);
  EXPECT_EQ(client.read_exactly(body.size()), body);
  sender.join();
  EXPECT_TRUE(client.at_end());
  EXPECT_LE(application_.echo.most.load(), std::size_t{128 * 1024}) << "the pause and one read";
}

TEST_F(ServerTest, EndsAnAnswerBeforeItsBodyAndTellsWhenTheClientLeft) {
  const std::uint16_t port = start();
  TestClient client(port);
  client.send(kDuplex);
  client.send("6\r\nenough\r\n5\r\nstop!\r\n");
  EXPECT_EQ(client.read_head().status, 200U);
  EXPECT_EQ(client.read_exactly(11), "enoughstop!");
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(application_.echo.aborted.load(), 1);
  client.close();
  application_.echo.over = false;
  TestClient leaving(port);
  leaving.send(kDuplex);
  EXPECT_EQ(leaving.read_head().status, 200U);
  leaving.close();
  while (application_.echo.aborted < 2 || application_.echo.detached < 2) std::this_thread::yield();
  EXPECT_EQ(server_->stats().in_flight.load(), 0U);
}

TEST_F(ServerTest, ClosesAStreamWhoseBodyStalls) {
  TestClient client(start());
  client.send(kDuplex);
  EXPECT_EQ(client.read_head().status, 200U);
  clock_.advance_us(61'000'000);
  server_->check_deadlines();
  EXPECT_TRUE(client.at_end());
}

TEST_F(ServerTest, Answers500WhenAHandlerForgets) {
  TestClient client(start());
  const Reply reply = client.get("/drop");
  EXPECT_EQ(reply.status, 500U);
  EXPECT_NE(reply.body.find("no_reply"), std::string::npos);
}

TEST_F(ServerTest, RepliesFromAnotherThreadWakeTheLoopOnceForMany) {
  const std::uint16_t port = start();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<TestClient>(port));
    clients.back()->send("GET /held HTTP/1.1\r\nhost: t\r\n\r\n");
  }
  application_.wait_held(40);
  const std::uint64_t wakes = server_->loop(0)->wakes();
  const std::uint64_t tasks = server_->loop(0)->tasks();
  {
    const WakeBatch batch;
    for (const Responder& responder : application_.take_held())
      responder.send(text_response(200, "late"));
  }
  for (const auto& client : clients) EXPECT_EQ(client->read_reply().body, "late");
  EXPECT_EQ(server_->loop(0)->wakes() - wakes, 1U);
  EXPECT_EQ(server_->loop(0)->tasks() - tasks, 40U);
}

TEST_F(ServerTest, RefusesBeyondTheRequestsInFlight) {
  TestClient first(start({.requests_in_flight_max = 1}));
  TestClient second(first_port());
  first.send("GET /held HTTP/1.1\r\nhost: t\r\n\r\n");
  application_.wait_held(1);
  const Reply refused = second.get("/");
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  application_.take_held().front().send(text_response(200, "done"));
  EXPECT_EQ(first.read_reply().body, "done");
  EXPECT_EQ(second.get("/").status, 200U);
}

TEST_F(ServerTest, RefusesConnectionsBeyondTheLimit) {
  TestClient first(start({.connections_max = 1}));
  EXPECT_EQ(first.get("/").status, 200U);
  TestClient second(first_port());
  EXPECT_EQ(second.read_reply().status, 503U);
  EXPECT_EQ(server_->stats().refused_connections.load(), 1U);
}

TEST_F(ServerTest, TimesOutSlowHeadersSlowBodiesAndIdleConnections) {
  const std::uint16_t port = start();
  TestClient slow_header(port);
  TestClient slow_body(port);
  TestClient idle(port);
  slow_header.send("GET / HT");
  slow_body.send("POST / HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\nabc");
  EXPECT_EQ(idle.get("/").status, 200U);
  while (server_->stats().in_flight.load() != 1) std::this_thread::yield();
  clock_.advance_us(9'000'000);
  server_->check_deadlines();
  slow_header.send("TP");
  clock_.advance_us(2'000'000);
  server_->check_deadlines();
  EXPECT_EQ(slow_header.read_reply().status, 408U);
  clock_.advance_us(60'000'000);
  server_->check_deadlines();
  EXPECT_EQ(slow_body.read_reply().status, 408U);
  EXPECT_TRUE(idle.at_end());
  EXPECT_EQ(server_->stats().in_flight.load(), 0U);
}

TEST_F(ServerTest, DrainFinishesWhatIsInFlightAndTakesNoMore) {
  const std::uint16_t port = start();
  TestClient busy(port);
  TestClient idle(port);
  EXPECT_EQ(idle.get("/").status, 200U);
  busy.send("GET /held HTTP/1.1\r\nhost: t\r\n\r\n");
  application_.wait_held(1);
  std::thread finisher([&] {
    EXPECT_TRUE(idle.at_end());  // closed at once: nothing was in flight there
    application_.take_held().front().send(text_response(200, "finished"));
  });
  std::thread reader([&] {
    const Reply reply = busy.read_reply();
    EXPECT_EQ(reply.body, "finished");
    EXPECT_EQ(reply.headers.at("connection"), "close");
    busy.close();
  });
  EXPECT_TRUE(server_->drain(10'000));
  finisher.join();
  reader.join();
  EXPECT_EQ(server_->stats().connections.load(), 0U);
}

TEST_F(ServerTest, DrainAbortsAtItsDeadline) {
  TestClient busy(start());
  busy.send("GET /held HTTP/1.1\r\nhost: t\r\n\r\n");
  application_.wait_held(1);
  EXPECT_FALSE(server_->drain(1));
  EXPECT_TRUE(busy.at_end());
  application_.take_held().front().send(text_response(200, "too late"));  // goes nowhere, safely
}

// Aborted reads were never handed back, and kept their connection and its loop alive.
TEST_F(ServerTest, FreesWhatWasOpenWhenItStopped) {
  TestClient reading(start());
  reading.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\nhalf");
  TestClient idle(first_port());
  EXPECT_EQ(idle.get("/echo").status, 200U);
  const std::weak_ptr<IoLoop> loop = server_->loop(0);
  server_.reset();
  EXPECT_TRUE(loop.expired());
}

TEST_F(ServerTest, ServesOnSeveralThreads) {
  const std::uint16_t port = start({.threads = 3});
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([port, t] {
      TestClient client(port);
      for (int i = 0; i < 100; ++i) {
        const std::string body = std::to_string(t) + ":" + std::to_string(i);
        EXPECT_EQ(client.request("POST", "/", {}, body).body, body);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ServerTest, NamesATakenPort) {
  const std::uint16_t port = start();
  HttpServer second({.port = port}, application_, clock_);
  const auto result = second.start();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::kFailedPrecondition);
  EXPECT_NE(result.error().message().find(std::to_string(port)), std::string::npos);
}

}  // namespace
}  // namespace weir::server
