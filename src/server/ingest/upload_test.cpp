#include "server/ingest/upload.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <thread>

#include "server/testing/test_server.hpp"
#include "wire/frame.hpp"

namespace weir::server {
namespace {

std::string line(int i) {
  return "{\"id\":\"u-" + std::to_string(i) +
         "\",\"time\":\"2023-11-14T22:13:20Z\",\"amount\":1.25,\"debtor\":\"a\",\"creditor\":\"b\"}"
         "\n";
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += line(i);
  return text;
}

std::string zip(const std::string& plain) {
  std::string out(compressBound(static_cast<uLong>(plain.size())) + 64, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class UploadTest : public testing::Test {
 protected:
  Reply post(const std::string& body, const std::string& headers = {},
             const std::string& query = {}) {
    return client.request("POST", "/v1/events" + query, server.auth(Role::kAnalyst) + headers,
                          body);
  }
  TestServer server;
  TestClient client{server.port()};
};

TEST_F(UploadTest, CountsEveryLine) {
  const Reply first = post(lines(3) + "{\"id\":\"bad\"}\n" + line(7));
  EXPECT_EQ(first.status, 200U) << first.body;
  EXPECT_TRUE(has(first.body, "\"accepted\":4,\"duplicates\":0,\"rejected\":1")) << first.body;
  EXPECT_TRUE(has(first.body, "\"line\":4")) << first.body;
  EXPECT_TRUE(has(first.body, "\"first_seq\":1,\"last_seq\":4")) << first.body;
  const Reply second = post(lines(3));
  EXPECT_TRUE(has(second.body, "\"accepted\":0,\"duplicates\":3")) << second.body;
}

TEST_F(UploadTest, CutsALongBodyAtLinesAndReadsGzip) {
  const std::string body = lines(40'000);  // about 4 MB: several pieces
  const Reply plain = post(body);
  EXPECT_TRUE(has(plain.body, "\"accepted\":40000,\"duplicates\":0,\"rejected\":0")) << plain.body;
  const Reply zipped = post(zip(body), "content-type: application/gzip\r\n");
  EXPECT_TRUE(has(zipped.body, "\"accepted\":0,\"duplicates\":40000")) << zipped.body;
}

TEST_F(UploadTest, GivesLinesOfOneKeyTheSameIdsAgain) {
  std::string body;
  for (int i = 0; i < 30'000; ++i)
    body += "{\"time\":\"2023-11-14T22:13:20Z\",\"amount\":1.25,\"debtor\":\"a\"}\n";
  const std::string key = "idempotency-key: night-7\r\n";
  EXPECT_TRUE(has(post(body, key).body, "\"accepted\":30000,\"duplicates\":0"));
  EXPECT_TRUE(has(post(body, key).body, "\"accepted\":0,\"duplicates\":30000"));
}

TEST_F(UploadTest, ReadsCsvByItsHeader) {
  const Reply reply = post(
      "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,"
      "TX_FRAUD_SCENARIO\n"
      "0,2018-04-01 00:00:31,596,3156,57.16,0,0\n"
      "1,2018-04-01 00:02:10,4961,3412,eighty,0,0\n",
      "content-type: text/csv\r\n");
  EXPECT_EQ(reply.status, 200U) << reply.body;
  EXPECT_TRUE(has(reply.body, "\"accepted\":1,\"duplicates\":0,\"rejected\":1")) << reply.body;
  EXPECT_TRUE(has(reply.body, "\"field\":\"TX_AMOUNT\",\"code\":\"number_format\"")) << reply.body;
  const Reply unknown = post("a,b\n1,2\n", "content-type: text/csv\r\n");
  EXPECT_EQ(unknown.status, 400U);
  EXPECT_TRUE(has(unknown.body, "header_unknown")) << unknown.body;
}

TEST_F(UploadTest, ReadsFramesAndRefusesPlaceholders) {
  std::vector<wire::Event> events(3);
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i] = {};
    events[i].id[0] = static_cast<std::uint8_t>(i + 1);
    events[i].time_us = 1'700'000'000'000'000;
    events[i].debtor = wire::EntityId::number(wire::EntityKind::kAccount, i).word;
    events[i].currency = wire::kUnknownCurrency;
  }
  events[1].debtor = wire::EntityId::pending(wire::EntityKind::kAccount, 7).word;
  wire::FrameWriter writer({});
  std::vector<std::uint8_t> frame;
  ASSERT_TRUE(writer.events(events, {}, {}, frame).is_ok());
  const std::string body(frame.begin(), frame.end());
  const Reply reply = post(body, "content-type: application/x-weir\r\n");
  EXPECT_TRUE(has(reply.body, "\"accepted\":2,\"duplicates\":0,\"rejected\":1")) << reply.body;
  EXPECT_TRUE(has(reply.body, "party_missing")) << reply.body;
  const Reply cut = post(body.substr(0, body.size() - 1), "content-type: application/x-weir\r\n");
  EXPECT_EQ(cut.status, 400U);
  EXPECT_TRUE(has(cut.body, "frame_size")) << cut.body;
}

TEST_F(UploadTest, WaitsForAFullQueueInsteadOfDropping) {
  server.pass.queue_full_times = 5;
  const Reply reply = post(lines(10));
  EXPECT_TRUE(has(reply.body, "\"accepted\":10")) << reply.body;
}

TEST_F(UploadTest, StopsReadingWhileBatchesWait) {
  server.pass.mode = FakePass::Mode::kHeld;
  std::thread sender([&] {
    const Reply reply = post(lines(120'000));
    EXPECT_TRUE(has(reply.body, "\"accepted\":120000")) << reply.body;
  });
  while (server.pass.held() < 4) std::this_thread::yield();
  EXPECT_EQ(server.pass.held(), 4U);  // no more are submitted than may be in flight
  server.pass.mode = FakePass::Mode::kInline;
  server.pass.release();
  sender.join();
}

TEST_F(UploadTest, SaysWhatWasTakenBeforeABrokenEnd) {
  std::string broken = zip(lines(20'000));
  broken.resize(broken.size() / 2);
  const Reply reply = post(broken);
  EXPECT_EQ(reply.status, 400U) << "the client's bytes are at fault, not what is kept here";
  EXPECT_TRUE(has(reply.body, "\"progress\":{\"accepted\":")) << reply.body;
}

TEST_F(UploadTest, RefusesMoreUploadsThanItHasThreadsFor) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 8; ++i) {  // two run, four wait: at least two are refused
    clients.push_back(std::make_unique<TestClient>(server.port()));
    clients.back()->send("POST /v1/events HTTP/1.1\r\nhost: t\r\n" + server.auth(Role::kAnalyst) +
                         "content-length: 1000\r\n\r\n");
  }
  while (server.metrics.value(Metric::kHttpRequestsTotal, {"events", "429"}) < 2)
    std::this_thread::yield();
}

TEST(Preview, ShowsFormatMappingEventsAndProblems) {
  TestServer server;
  TestClient client(server.port());
  const std::string auth = server.auth(Role::kAnalyst);
  const Reply csv =
      client.request("POST", "/v1/imports/preview", auth + "content-type: text/csv\r\n",
                     "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT\n"
                     "7,2018-04-01 00:00:31,596,3156,57.16\n");
  EXPECT_EQ(csv.status, 200U) << csv.body;
  EXPECT_TRUE(has(csv.body, "\"format\":\"csv\"")) << csv.body;
  EXPECT_TRUE(has(csv.body, "TX_AMOUNT")) << csv.body;
  EXPECT_TRUE(has(csv.body, "\"amount\":\"57.16\"")) << csv.body;
  EXPECT_TRUE(has(csv.body, "\"debtor\":\"596\"")) << csv.body;
  const Reply json =
      client.request("POST", "/v1/imports/preview", auth, line(1) + "{\"id\":\"x\"}\n");
  EXPECT_TRUE(has(json.body, "\"format\":\"json\"")) << json.body;
  EXPECT_TRUE(has(json.body, "field_missing")) << json.body;
  EXPECT_EQ(server.pass.events_seen.load(), 0U);
}

}  // namespace
}  // namespace weir::server
