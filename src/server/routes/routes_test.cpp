#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "server/app/refusal.hpp"
#include "server/testing/test_server.hpp"

namespace weir::server {
namespace {

std::string event(const std::string& id) {
  return "{\"id\":\"" + id +
         "\",\"time\":\"2023-11-14T22:13:20Z\",\"type\":\"payment\",\"amount\":12.50,"
         "\"currency\":\"USD\",\"debtor\":{\"id\":\"596\"},\"creditor\":{\"account\":\"a-7\"}}";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class RoutesTest : public testing::Test {
 protected:
  Reply post(const std::string& path, const std::string& body, const std::string& headers = {}) {
    return client.request("POST", path, server.auth(Role::kAdmin) + headers, body);
  }
  Reply get(const std::string& path, const std::string& headers = {}) {
    return client.get(path, server.auth(Role::kAdmin) + headers);
  }
  TestServer server;
  TestClient client{server.port()};
};

TEST_F(RoutesTest, DecidesOneEventWithItsLatency) {
  const Reply reply = post("/v1/decisions", event("t-1"));
  EXPECT_EQ(reply.status, 200U) << reply.body;
  EXPECT_EQ(reply.body,
            "{\"event_id\":\"t-1\",\"seq\":1,\"outcome\":\"pass\",\"duplicate\":false,"
            "\"latency_us\":0}");
  EXPECT_TRUE(has(post("/v1/decisions", event("t-1")).body, "\"duplicate\":true"));
  EXPECT_EQ(get("/v1/decisions/t-1").status, 200U);
  EXPECT_EQ(get("/v1/decisions/t-9").status, 404U);
}

TEST_F(RoutesTest, AnswersItemsInOrderWithRefusedOnesBetween) {
  const Reply array =
      post("/v1/decisions", "[" + event("a") + ",{\"id\":\"b\"}," + event("c") + "]");
  EXPECT_EQ(array.status, 200U);
  const std::size_t a = array.body.find("\"event_id\":\"a\"");
  const std::size_t refused = array.body.find("\"reason\":\"field_missing\"");
  const std::size_t c = array.body.find("\"event_id\":\"c\"");
  ASSERT_NE(c, std::string::npos) << array.body;
  EXPECT_LT(a, refused);
  EXPECT_LT(refused, c);
  const Reply lines = post("/v1/decisions", event("d") + "\n" + event("e") + "\n",
                           "content-type: application/x-ndjson\r\n");
  EXPECT_TRUE(lines.body.starts_with("[{\"event_id\":\"d\"")) << lines.body;
  const Reply one = post("/v1/decisions", event("f"), "content-type: application/x-ndjson\r\n");
  EXPECT_TRUE(one.body.starts_with("[")) << "a stream of one is still a stream";
}

TEST_F(RoutesTest, AnswersEveryRefusalWithItsOwnErrorBody) {
  for (unsigned i = 0; i < wire::kRefusals; ++i) {
    const auto refusal =
        static_cast<wire::Refusal>(static_cast<unsigned>(wire::Refusal::kRecordIdZero) + i);
    server.pass.refuse_all = static_cast<std::uint16_t>(refusal);
    const Reply reply = post("/v1/decisions", event("r-1"));
    const Code code = refusal_code(refusal);
    EXPECT_EQ(reply.status, http_status(code)) << wire::refusal_name(refusal);
    EXPECT_TRUE(has(reply.body, "{\"error\":{\"code\":\"" + std::string(code_name(code)) +
                                    "\",\"reason\":\"" + std::string(wire::refusal_name(refusal)) +
                                    "\",\"message\":\""))
        << reply.body;
    EXPECT_EQ(reply.headers.contains("retry-after"), reply.status == 429);
    const Reply items = post("/v1/decisions", "[" + event("r-1") + "]");
    EXPECT_EQ(items.status, 200U);
    EXPECT_TRUE(items.body.starts_with("[{\"event_id\":\"r-1\",\"error\":{")) << items.body;
  }
}

TEST_F(RoutesTest, KeepsStatusesOfRefusals) {
  EXPECT_EQ(http_status(refusal_code(wire::Refusal::kIdConflict)), 409U);
  EXPECT_EQ(http_status(refusal_code(wire::Refusal::kQueueFull)), 429U);
  EXPECT_EQ(http_status(refusal_code(wire::Refusal::kAmountRange)), 400U);
}

TEST_F(RoutesTest, AnswersAFullQueueWithRetryAfter) {
  server.pass.queue_full_times = 1;
  const Reply reply = post("/v1/decisions", event("q-1"));
  EXPECT_EQ(reply.status, 429U);
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  EXPECT_TRUE(has(reply.body, "queue_full"));
}

TEST_F(RoutesTest, GivesEventsWithoutIdOne) {
  const std::string anonymous =
      "{\"time\":\"2023-11-14T22:13:20Z\",\"amount\":\"1\",\"debtor\":\"x\"}";
  const Reply first = post("/v1/decisions", anonymous);
  EXPECT_EQ(first.status, 200U) << first.body;
  EXPECT_TRUE(has(post("/v1/decisions", anonymous).body, "\"duplicate\":false"));
  const std::string key = "idempotency-key: order-7\r\n";
  EXPECT_TRUE(has(post("/v1/decisions", anonymous, key).body, "\"duplicate\":false"));
  EXPECT_TRUE(has(post("/v1/decisions", anonymous, key).body, "\"duplicate\":true"));
}

TEST_F(RoutesTest, RefusesUnknownQueryValues) {
  EXPECT_EQ(post("/v1/decisions?ack=maybe", event("x")).status, 400U);
  EXPECT_EQ(post("/v1/decisions?mode=dry", event("x")).status, 400U);
  EXPECT_EQ(get("/v1/decisions?outcome=odd").status, 400U);
  EXPECT_EQ(get("/v1/decisions?limit=1001").status, 400U);
  EXPECT_EQ(get("/v1/decisions?from=yesterday").status, 400U);
  EXPECT_EQ(post("/v1/decisions", "{").status, 400U);
  EXPECT_EQ(post("/v1/decisions", "").status, 400U);
  const Reply page = get("/v1/decisions?outcome=alert&limit=7");
  EXPECT_EQ(page.body, "{\"items\":[{\"limit\":7}],\"next\":\"41\"}");
}

TEST_F(RoutesTest, AnswersALateVerdictFromAnotherThread) {
  server.pass.mode = FakePass::Mode::kHeld;
  client.send("POST /v1/decisions HTTP/1.1\r\nhost: t\r\n" + server.auth(Role::kAnalyst) +
              "content-length: " + std::to_string(event("h-1").size()) + "\r\n\r\n" + event("h-1"));
  while (server.pass.held() == 0) std::this_thread::yield();
  server.clock.advance_us(1'500);
  server.pass.release();
  const Reply reply = client.read_reply();
  EXPECT_TRUE(has(reply.body, "\"latency_us\":1500")) << reply.body;
}

TEST_F(RoutesTest, TakesLabelsInEveryForm) {
  post("/v1/decisions", event("t-1"));
  const std::string one = "{\"event_id\":\"t-1\",\"label\":\"fraud\"}";
  const std::string done = "{\"accepted\":1,\"unknown\":[]}";
  EXPECT_EQ(post("/v1/labels", one).body, done);
  EXPECT_EQ(post("/v1/labels", "[" + one + "]").body, done);
  EXPECT_EQ(post("/v1/labels", one + "\n", "content-type: application/x-ndjson\r\n").body, done);
  EXPECT_EQ(
      post("/v1/labels", "event_id,label\r\nt-1,1\r\nt-2,legit\r\n", "content-type: text/csv\r\n")
          .body,
      "{\"accepted\":1,\"unknown\":[\"t-2\"]}");
  const Reply bad = post("/v1/labels", "t-1,fraud\nt-2,perhaps\n", "content-type: text/csv\r\n");
  EXPECT_EQ(bad.status, 400U);
  EXPECT_TRUE(has(bad.body, "\"line\":2")) << bad.body;
  EXPECT_EQ(post("/v1/labels", "{\"event_id\":\"t-1\"}").status, 400U);
}

TEST_F(RoutesTest, GuardsRulesByVersionAndCompilesThem) {
  const Reply rules = get("/v1/rules");
  EXPECT_EQ(rules.headers.at("etag"), "\"1\"");
  const std::string auth = server.auth(Role::kOperator);
  const std::string text = "block if amount > 220";
  const Reply put = client.request("PUT", "/v1/rules", auth + "if-match: \"1\"\r\n", text);
  EXPECT_EQ(put.body, "{\"version\":2,\"effective_height\":9}");
  const Reply stale = client.request("PUT", "/v1/rules", auth + "if-match: \"1\"\r\n", text);
  EXPECT_EQ(stale.status, 409U);
  const Reply broken = client.request("PUT", "/v1/rules", auth, "blok if true");
  EXPECT_EQ(broken.status, 422U);
  EXPECT_TRUE(has(broken.body, "\"line\":1,\"column\":1,\"hint\":\"did you mean block?\""));
  EXPECT_EQ(post("/v1/rules/check", text).status, 200U);
  EXPECT_EQ(
      post("/v1/rules/check", "{\"text\":\"blok\"}", "content-type: application/json\r\n").status,
      422U);
  EXPECT_EQ(post("/v1/rules/rollback", "{\"version\":1}").status, 200U);
  EXPECT_EQ(post("/v1/rules/rollback", "{\"version\":0}").status, 400U);
  EXPECT_EQ(post("/v1/rules/try", text).status, 200U);
}

TEST_F(RoutesTest, ChangesListsAsJsonAndCsv) {
  const std::string path = "/v1/lists/deny/entries";
  EXPECT_EQ(post(path, "{\"value\":\"a-1\",\"note\":\"x, \\\"y\\\"\"}").status, 200U);
  EXPECT_EQ(post(path, "value,kind\r\na-2,card\r\n", "content-type: text/csv\r\n").status, 200U);
  const Reply csv = get(path, "accept: text/csv\r\n");
  EXPECT_TRUE(has(csv.body, "a-1,account,,\"x, \"\"y\"\"\",key:")) << csv.body;
  EXPECT_TRUE(has(csv.body, "a-2,card,,,key:"));
  EXPECT_EQ(client.request("DELETE", path, server.auth(Role::kOperator), "[\"a-1\"]").status, 200U);
  EXPECT_FALSE(has(get(path).body, "a-1"));
  EXPECT_EQ(post(path, "{\"value\":\"a\",\"expires_at\":\"soon\"}").status, 400U);
}

TEST_F(RoutesTest, ServesBlocksEntitiesAndReplays) {
  EXPECT_EQ(get("/v1/blocks/latest").body, "{\"height\":0,\"events\":0}");
  EXPECT_EQ(get("/v1/blocks/7?events=1").body, "{\"height\":7,\"events\":1}");
  EXPECT_EQ(get("/v1/blocks/seven").status, 400U);
  EXPECT_EQ(get("/v1/blocks/0").status, 400U);
  EXPECT_EQ(get("/v1/blocks/7/proof").status, 400U);
  EXPECT_EQ(get("/v1/blocks/7/proof?id=t-1").status, 200U);
  EXPECT_EQ(get("/v1/entities/customer/a%2Fb?as_of=9").body,
            "{\"kind\":\"customer\",\"id\":\"a/b\",\"as_of\":9}");
  const Reply replay = post("/v1/replays", "{\"source\":{\"log\":{\"from\":1,\"to\":9}}}");
  EXPECT_EQ(replay.status, 202U);
  EXPECT_EQ(replay.headers.at("location"), "/v1/replays/r-1");
  EXPECT_EQ(get("/v1/replays/r-2").status, 404U);
  EXPECT_EQ(post("/v1/replays", "{\"source\":{\"log\":{\"from\":9,\"to\":1}}}").status, 400U);
  const auto candidate = [&](const std::string& members) {
    return post("/v1/replays", "{\"candidate\":{" + members + "}}").status;
  };
  EXPECT_EQ(candidate(R"("models":3,"thresholds":[{"where":"amount > 5","alert":4,"hold":4.5},)"
                      R"({"alert":4,"hold":5,"block":6}])"),
            202U);
  EXPECT_EQ(candidate(R"("models":-1)"), 400U);
  EXPECT_EQ(candidate(R"("thresholds":[])"), 400U);
  EXPECT_EQ(candidate(R"("thresholds":[{"alert":4}])"), 400U);
  EXPECT_EQ(candidate(R"("thresholds":[{"alert":4,"hold":10}])"), 400U);
  EXPECT_EQ(candidate(R"("thresholds":[{"alert":"4","hold":5}])"), 400U);
}

TEST_F(RoutesTest, ShowsKeysButNeverTheirSecrets) {
  const Reply made =
      post("/v1/keys", "{\"label\":\"till\",\"role\":\"analyst\",\"scopes\":\"ingest read\"}");
  ASSERT_EQ(made.status, 201U) << made.body;
  const std::string key = made.body.substr(made.body.find("weir_"), 57);
  EXPECT_EQ(client.get("/v1/overview", "x-api-key: " + key + "\r\n").status, 200U);
  const Reply list = get("/v1/keys");
  EXPECT_TRUE(has(list.body, "\"scopes\":\"ingest read\""));
  EXPECT_FALSE(has(list.body, key.substr(14)));
  EXPECT_EQ(
      client.request("DELETE", "/v1/keys/" + key.substr(5, 8), server.auth(Role::kAdmin)).status,
      204U);
  EXPECT_EQ(client.get("/v1/overview", "x-api-key: " + key + "\r\n").status, 401U);
  EXPECT_EQ(post("/v1/keys", "{\"label\":\"x\",\"role\":\"king\"}").status, 400U);
}

TEST_F(RoutesTest, RefusesAKeyWhoseAddressesAreNone) {
  const auto make = [&](const std::string& addresses) {
    return post("/v1/keys", R"({"label":"till","role":"viewer","addresses":)" + addresses + "}");
  };
  EXPECT_TRUE(has(make(R"("10.0.0.1")").body, "'addresses' must be an array"));
  EXPECT_TRUE(has(make(R"(["10.0.0.0/8"])").body, "'10.0.0.0/8' is not an IP address"));
  EXPECT_EQ(make("[7]").status, 400U);
  EXPECT_TRUE(has(get("/v1/keys").body, "\"keys\":[{")) << "the test's own keys";
  EXPECT_FALSE(has(get("/v1/keys").body, "till"));
  EXPECT_EQ(make(R"(["10.0.0.1","0:0::1"])").status, 201U);
  EXPECT_TRUE(has(get("/v1/keys").body, R"("addresses":["10.0.0.1","::1"])"));
}

TEST_F(RoutesTest, ShowsTheOverviewWithExactNumbersAsTexts) {
  const Reply reply = get("/v1/overview");
  EXPECT_TRUE(has(reply.body, "\"refused\":{\"total\":\"3\",\"by_reason\":{\"queue_full\":\"3\"}}"))
      << reply.body;
  EXPECT_TRUE(has(reply.body, "\"events\":{\"total\":\"0\",\"per_s\":0"));
  EXPECT_TRUE(
      has(reply.body, "{\"name\":\"forest\",\"stable\":12,\"candidate\":13,\"weight\":0.1}"));
  EXPECT_TRUE(has(reply.body, "\"series\":{\"events_per_s\":[1,2.5]}"));
}

TEST_F(RoutesTest, SaysWhyItIsNotReady) {
  EXPECT_EQ(client.get("/readyz").status, 200U);
  server.pass.ready = false;
  const Reply reply = client.get("/readyz");
  EXPECT_EQ(reply.status, 503U);
  EXPECT_TRUE(has(reply.body, "\"reason\":\"recovering\""));
  EXPECT_EQ(client.get("/healthz").status, 200U);
}

TEST_F(RoutesTest, StreamsMessagesToThoseWhoAsked) {
  TestClient follower(server.port());
  follower.send("GET /v1/stream?topics=alert HTTP/1.1\r\nhost: t\r\n" + server.auth(Role::kViewer) +
                "\r\n");
  const Reply head = follower.read_head();
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.headers.at("content-type"), "text/event-stream");
  EXPECT_EQ(head.headers.at("x-accel-buffering"), "no");
  EXPECT_EQ(follower.read_until("\n\n"), ": still here\n\n");
  EXPECT_TRUE(server.hub.wanted(Topic::kAlert, false));
  EXPECT_FALSE(server.hub.wanted(Topic::kBlock, false));
  server.hub.publish({.topic = Topic::kBlock, .pass = false, .seq = 4, .data = "{}"});
  server.hub.publish({.topic = Topic::kAlert, .pass = false, .seq = 5, .data = "{\"a\":1}"});
  EXPECT_EQ(follower.read_until("\n\n"), "event: alert\nid: 5\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(get("/v1/stream?topics=weather").status, 400U);
  EXPECT_EQ(get("/v1/stream", "last-event-id: x\r\n").status, 400U);
}

TEST_F(RoutesTest, ChecksAndReloadsTheConfiguration) {
  Reply reply = post("/v1/config/check", "[log]\nlevle = 1\n", "content-type: text/plain\r\n");
  EXPECT_EQ(reply.status, 422U);
  EXPECT_EQ(reply.body,
            R"({"version":3,"applied":[],"needs_restart":[],"errors":[{"key":"log.levle","line":2,)"
            R"("column":1,"message":"unknown key; did you mean log.level?"}]})");
  EXPECT_EQ(post("/v1/config/check", "").status, 200U);
  EXPECT_EQ(
      post("/v1/config/check", R"({"text":"levle"})", "content-type: application/json\r\n").status,
      422U);
  reply = post("/v1/config/reload", "");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, R"({"version":4,"applied":["log.level"],)"
                        R"("needs_restart":["server.listen"],"errors":[]})");
  for (const char* path : {"/v1/config/check", "/v1/config/reload"}) {
    EXPECT_EQ(client.request("POST", path, server.auth(Role::kAnalyst)).status, 403U) << path;
  }
}

}  // namespace
}  // namespace weir::server
