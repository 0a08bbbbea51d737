#include "server/operations/stream_session.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/testing/test_server.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kFirst = "{\"params\":{}}\n";

class StreamSessionTest : public testing::Test {
 protected:
  std::string head(std::string_view name, std::string_view length, Role role = Role::kAnalyst) {
    return "POST /v1/ops/" + std::string(name) + "/stream HTTP/1.1\r\nhost: t\r\n" +
           server.auth(role) + std::string(length) + "\r\n\r\n";
  }
  // Sends a whole body and returns the status; the answer's lines go to `lines`.
  unsigned post(std::string_view name, const std::string& body, std::vector<std::string>& lines,
                Role role = Role::kAnalyst) {
    TestClient client(server.port());
    client.send(head(name, "content-length: " + std::to_string(body.size()), role));
    std::thread sender([&] { client.send(body); });
    const unsigned status = client.read_head().status;
    while (!client.at_end()) lines.push_back(client.read_until("\n"));
    sender.join();
    return status;
  }
  double ended(std::string_view name, std::string_view code) {
    return server.metrics.value(Metric::kOperationStreamsTotal, {name, code});
  }
  static std::string chunked(std::string_view text) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    return size + std::string(text) + "\r\n";
  }

  TestServer server;
};

TEST_F(StreamSessionTest, AnswersABodyLargerThanAnyLimit) {
  constexpr std::size_t kItems = 400'000;
  std::string body(kFirst);
  for (std::size_t i = 0; i < kItems; ++i) body += "\"YWJj\"\n";
  std::vector<std::string> lines;
  EXPECT_EQ(post("hash_batch", body, lines), 200U);
  ASSERT_GT(lines.size(), 10U);
  std::size_t digests = 0;
  for (const std::string& line : lines) {
    for (std::size_t at = 0; (at = line.find("\"ba7816bf", at)) != std::string::npos; ++at)
      ++digests;
  }
  EXPECT_EQ(digests, kItems);
  EXPECT_NE(lines.back().find("\"success\":true,\"result\":{\"items\":400000}"), std::string::npos)
      << lines.back();
  EXPECT_EQ(ended("hash_batch", "ok"), 1.0);
}

TEST_F(StreamSessionTest, HoldsLittleWhileTheAnswerIsNotRead) {
  TestClient client(server.port());
  std::string body(kFirst);
  for (std::size_t i = 0; i < 300'000; ++i) body += "\"YWJj\"\n";
  client.send(head("hash_batch", "content-length: " + std::to_string(64 * body.size())));
  // Nothing is read: in the end the sockets are full and the run waits with its buffers full.
  std::atomic<bool> left{false};
  std::thread sender([&] {
    for (int i = 0; i < 64 && !left; ++i) client.send(i == 0 ? body : body.substr(kFirst.size()));
  });
  while (server.operations.streams().bytes_most < 256 * 1024) std::this_thread::yield();
  EXPECT_EQ(client.read_head().status, 200U);
  std::string some;
  for (int i = 0; i < 20; ++i) some = client.read_until("\n");
  EXPECT_TRUE(some.starts_with("{\"chunk\":19,")) << some.substr(0, 40);
  left = true;
  client.shutdown();
  sender.join();
  client.close();
  while (ended("hash_batch", "cancelled") == 0) std::this_thread::yield();
  // Text 5 x 64 KiB on both sides of the job, a chunk of rows, its answer and what is not sent.
  EXPECT_LT(server.operations.streams().bytes_most.load(), std::size_t{8} << 20);
  while (server.operations.streams().open != 0) std::this_thread::yield();
}

TEST_F(StreamSessionTest, SaysWhereABodyIsWrong) {
  std::vector<std::string> lines;
  EXPECT_EQ(post("hash_batch", std::string(kFirst) + "\"YQ==\"\n7\n\"YQ==\"\n", lines), 200U);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("\"success\":false"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("\"line\":3"), std::string::npos) << lines[0];
  EXPECT_EQ(ended("hash_batch", "invalid_argument"), 1.0);
}

TEST_F(StreamSessionTest, RefusesWhatIsWrongFromTheStart) {
  struct Wrong {
    const char* name;
    std::string body;
    Role role;
    unsigned status;
    const char* said;
  };
  const std::string first(kFirst);
  const Wrong cases[] = {
      {"hash_batches", first, Role::kAnalyst, 404, "did you mean hash_batch"},
      {"matrix_inverse", first, Role::kAnalyst, 400, "these take a stream"},
      {"hash_batch", "\"YQ==\"\n", Role::kAnalyst, 400, "\"reason\":\"first_line\""},
      {"hash_batch", "", Role::kAnalyst, 400, "the first line is empty"},
      {"hash_batch", first, Role::kViewer, 403, "role"},
  };
  for (const Wrong& wrong : cases) {
    TestClient client(server.port());
    client.send(
        head(wrong.name, "content-length: " + std::to_string(wrong.body.size()), wrong.role));
    client.send(wrong.body);
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, wrong.status) << reply.body;
    EXPECT_NE(reply.body.find(wrong.said), std::string::npos) << reply.body;
  }
}

TEST_F(StreamSessionTest, HoldsNoThreadWhileItWaitsForTheClient) {
  std::vector<std::unique_ptr<TestClient>> waiting;
  for (int i = 0; i < 5; ++i) {  // two operations run at a time
    waiting.push_back(std::make_unique<TestClient>(server.port()));
    waiting.back()->send(head("statistics", "transfer-encoding: chunked") + chunked(kFirst));
    EXPECT_EQ(waiting.back()->read_head().status, 200U);
  }
  TestClient client(server.port());
  const std::string json = "content-type: application/json\r\n";
  const Reply plain = client.request("POST", "/v1/ops/hash_batch",
                                     server.auth(Role::kAnalyst) + json, R"({"items":["YWJj"]})");
  EXPECT_EQ(plain.status, 200U);
  for (auto& one : waiting) {
    one->send(chunked("1\n2\n3\n10\n") + "0\r\n\r\n");
    EXPECT_NE(one->read_until("\n").find(R"("rows":4)"), std::string::npos);
    EXPECT_NE(one->read_until("\n").find(R"("mean":4,"variance":12.5)"), std::string::npos);
    EXPECT_TRUE(one->at_end());
  }
}

TEST_F(StreamSessionTest, IsCancelledWhenTheClientLeaves) {
  TestClient client(server.port());
  client.send(head("statistics", "transfer-encoding: chunked") + chunked(kFirst));
  EXPECT_EQ(client.read_head().status, 200U);
  client.send(chunked("1\n2\n3\n"));
  client.close();
  while (ended("statistics", "cancelled") == 0) std::this_thread::yield();
  while (server.operations.streams().open != 0) std::this_thread::yield();
  EXPECT_EQ(ended("statistics", "ok"), 0.0);
}

TEST_F(StreamSessionTest, RefusesMoreStreamsThanItMayHold) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (unsigned i = 0; i < server.operations.limits().streams_max; ++i) {
    clients.push_back(std::make_unique<TestClient>(server.port()));
    clients.back()->send(head("hash_batch", "transfer-encoding: chunked"));
  }
  while (server.operations.streams().open < clients.size()) std::this_thread::yield();
  TestClient client(server.port());
  client.send(head("hash_batch", "content-length: 0"));
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 429U);
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  EXPECT_NE(reply.body.find("streams_max"), std::string::npos) << reply.body;
}

TEST_F(StreamSessionTest, IsDescribed) {
  TestClient client(server.port());
  const std::string viewer = server.auth(Role::kViewer);
  const Reply streamed = client.get("/v1/ops/hash_batch", viewer);
  EXPECT_NE(streamed.body.find(R"("streams":true,"row":"an item: a base64 text")"),
            std::string::npos)
      << streamed.body;
  EXPECT_NE(streamed.body.find("line_bytes_max"), std::string::npos);
  const Reply whole = client.get("/v1/ops/matrix_inverse", viewer);
  EXPECT_NE(whole.body.find(R"("streams":false)"), std::string::npos) << whole.body;
}

}  // namespace
}  // namespace weir::server
