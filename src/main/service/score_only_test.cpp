// ledger.mode = off over HTTP: decisions with all their reasons, and not a byte on disk.
#include <gtest/gtest.h>

#include <filesystem>

#include "gate/testing/small_gate.hpp"
#include "main/service/live_server.hpp"
#include "server/testing/test_client.hpp"

namespace weir::main {
namespace {

using server::Reply;
using server::TestClient;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string event(const std::string& id, int amount) {
  return R"({"id":")" + id + R"(","time":"2026-01-05T00:00:00Z","currency":"USD","amount":)" +
         std::to_string(amount) + R"(,"debtor":"1","creditor":"2"})";
}

class ScoreOnlyTest : public testing::Test {
 protected:
  void SetUp() override {
    LiveServerSettings settings;
    settings.config = std::make_shared<const Config>();
    settings.http = "127.0.0.1:0";
    settings.rules = "rule large: hold if amount > 1000\nrule odd: tag odd if amount = 7\n";
    gate::GateOptions& gate = settings.gate = gate::small_gate("");
    gate.pass.mode = ledger::LedgerMode::kOff;
    gate.pass.learn.fit_events = 10'240;  // the least that calibrates
    gate.pass.learn.trees = 10;
    auto server = LiveServer::start(std::move(settings));
    ASSERT_TRUE(server) << server.error().to_string();
    server_ = std::move(*server);
    key_ = "x-api-key: " + *server_->make_key("test", server::Role::kAdmin) + "\r\n";
    client_ = std::make_unique<TestClient>(server_->port());
  }
  Reply decide(const std::string& body, const std::string& query = {}) {
    return client_->request("POST", "/v1/decisions" + query, key_, body);
  }
  Reply get(const std::string& target) { return client_->get(target, key_); }

  std::unique_ptr<LiveServer> server_;
  std::string key_;
  std::unique_ptr<TestClient> client_;
};

TEST_F(ScoreOnlyTest, DecidesWithReasonsModelsAndFeaturesAndClaimsNothingMore) {
  std::string events;
  for (int i = 0; i < 10'500; ++i) events += event("f-" + std::to_string(i), i % 997) + "\n";
  const Reply upload = client_->request("POST", "/v1/events",
                                        key_ + "content-type: application/x-ndjson\r\n", events);
  ASSERT_TRUE(has(upload.body, R"("accepted":10500,"duplicates":0,"rejected":0)")) << upload.body;
  const Reply held = decide(event("held", 5000), "?explain=features&ack=committed");
  ASSERT_EQ(held.status, 200U) << held.body;
  EXPECT_TRUE(has(held.body, R"("seq":10501,"outcome":"hold","alert":true)")) << held.body;
  EXPECT_TRUE(has(held.body, R"("text":"rule large: amount 5000 > 1000")")) << held.body;
  EXPECT_TRUE(has(held.body, R"({"code":"AMT_VS_USUAL",)")) << held.body;
  EXPECT_TRUE(has(held.body, R"("models":[{"name":"forest","version":1,"tail":)")) << held.body;
  EXPECT_TRUE(has(held.body, R"("features":[{"name":"amount_log",)")) << held.body;
  EXPECT_TRUE(has(held.body, R"({"name":"debtor_risk",)")) << held.body;
  // Committed was asked for; without a log there is nothing to commit to.
  const std::string ledger =
      R"("ledger":{"status":"not_executed","height":0,"committed":false,"ack":"decided"})";
  EXPECT_TRUE(has(held.body, ledger)) << held.body;
  const Reply passed = decide(event("passed", 7));
  EXPECT_TRUE(has(passed.body, R"("outcome":"pass")")) << passed.body;
  EXPECT_TRUE(has(passed.body, R"("tags":["odd"])")) << passed.body;
  EXPECT_TRUE(has(passed.body, ledger)) << passed.body;
  const Reply shadow = decide(event("shadow", 5000), "?mode=shadow");
  EXPECT_TRUE(has(shadow.body, R"("seq":0,"outcome":"hold")")) << shadow.body;
  EXPECT_TRUE(has(shadow.body, ledger)) << shadow.body;
}

TEST_F(ScoreOnlyTest, KnowsARepeatedIdButHasNoVerdictToRepeat) {
  const Reply both = decide("[" + event("a", 1) + "," + event("a", 1) + "]");
  EXPECT_TRUE(has(both.body, R"("duplicate":true)")) << both.body;  // of the same batch: at hand
  const Reply later = decide(event("a", 1));
  EXPECT_EQ(later.status, 409U);
  EXPECT_TRUE(has(later.body, R"("reason":"already_committed")")) << later.body;
}

TEST_F(ScoreOnlyTest, SaysThatNothingIsStoredWhereverALogIsAsked) {
  decide(event("a", 1));
  const std::string replay =
      R"({"source":{"log":{"from":1,"to":2}},"candidate":{"rules":"hold if amount > 1"}})";
  const std::string trial = R"({"text":"hold if amount > 1"})";
  const Reply replies[] = {
      get("/v1/decisions/a"),
      get("/v1/decisions"),
      get("/v1/blocks"),
      get("/v1/blocks/latest"),
      get("/v1/blocks/1"),
      get("/v1/blocks/1/proof?id=a"),
      get("/v1/entities/account/1?as_of=1"),
      client_->request("POST", "/v1/labels", key_, R"({"event_id":"a","label":"fraud"})"),
      client_->request("POST", "/v1/rules/try", key_, trial),
      client_->request("POST", "/v1/replays", key_, replay),
  };
  for (const Reply& reply : replies) {
    EXPECT_EQ(reply.status / 100, 4U) << reply.body;
    EXPECT_TRUE(has(reply.body, R"("reason":"no_log")")) << reply.body;
  }
}

TEST_F(ScoreOnlyTest, TakesRulesAndListsAndIsReady) {
  EXPECT_EQ(get("/readyz").status, 200U);
  const Reply put = client_->request("PUT", "/v1/rules", key_ + "content-type: text/plain\r\n",
                                     "rule tiny: hold if amount < 2\n");
  EXPECT_TRUE(has(put.body, R"("version":2)")) << put.body;
  EXPECT_TRUE(has(decide(event("b", 1)).body, R"("outcome":"hold")"));
  EXPECT_EQ(
      client_->request("PUT", "/v1/lists/deny/entries", key_, R"({"kind":"account","value":"2"})")
          .status,
      200U);
  EXPECT_TRUE(has(decide(event("c", 50)).body, R"("outcome":"block")"));
  EXPECT_TRUE(has(get("/v1/overview").body, R"("mode":"off")"));
  EXPECT_TRUE(has(get("/v1/entities/account/1").body, R"("payments":2)"));
}

}  // namespace
}  // namespace weir::main
