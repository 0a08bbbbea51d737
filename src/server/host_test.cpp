#include "server/host.hpp"

#include <gtest/gtest.h>

#include "server/auth/key_store.hpp"
#include "server/operations/device_desk.hpp"
#include "server/operations/operation_service.hpp"
#include "server/sse/verdict_message.hpp"
#include "server/testing/test_server.hpp"

namespace weir::server {
namespace {

class HostTest : public testing::Test {
 protected:
  HostTest() {
    options.http.port = 0;
    options.native = true;
  }
  HostOptions options;
  MetricRegistry metrics;
  FakePass pass;
  MemoryKeyStore keys;
  MemoryAudit audit;
  ops::Context compute{ops::Workers(1), system_clock()};
  OperationService operations{compute, {.running_max = 1}};
  DeviceDesk device{compute, {}, nullptr, system_clock()};
};

TEST_F(HostTest, ServesStreamsAndSignsInFromStartToDrain) {
  Host host(options,
            {.pass = pass,
             .ids = {},
             .keys = keys,
             .audit = audit,
             .operations = operations,
             .device = device,
             .metrics = metrics},
            system_clock());
  const auto ports = host.start();
  ASSERT_TRUE(ports) << ports.error().to_string();
  EXPECT_NE(ports->native, 0);
  const std::string link = host.login_link("ana", Role::kViewer);
  const std::string token = link.substr(link.find('#') + 1);
  EXPECT_EQ(link, "http://127.0.0.1:" + std::to_string(ports->http) + "/ui/#" + token);

  TestClient client(ports->http);
  const Reply opened =
      client.request("POST", "/v1/login/token", {}, "{\"token\":\"" + token + "\"}");
  ASSERT_EQ(opened.status, 200U);
  const std::string set = opened.headers.at("set-cookie");
  client.send("GET /v1/stream HTTP/1.1\r\nhost: t\r\ncookie: " + set.substr(0, set.find(';')) +
              "\r\n\r\n");
  EXPECT_EQ(client.read_head().status, 200U);
  host.hub().publish(verdict_message({.seq = 9, .event_id = "t-1", .alert = true}));
  EXPECT_NE(client.read_until("event: verdict\nid: 9\n").find("event: verdict"), std::string::npos);
  EXPECT_NE(client.read_until("event: metrics\n").find("event: metrics"), std::string::npos);
  EXPECT_TRUE(host.drain());
  client.read_until("never");
  EXPECT_TRUE(client.at_end());
}

TEST(VerdictMessage, HoldsExactNumbersAsTexts) {
  const StreamMessage message = verdict_message({.seq = 1ULL << 60,
                                                 .event_id = "t-\"1\"",
                                                 .time_us = 1'700'000'000'000'000,
                                                 .outcome = wire::Outcome::kHold,
                                                 .alert = true,
                                                 .tail_e6 = 5'400'000,
                                                 .threshold_e6 = 5'000'000,
                                                 .debtor_kind = "customer",
                                                 .debtor = "596",
                                                 .amount = "531.81",
                                                 .currency = "USD",
                                                 .reason_code = "AMT_VS_USUAL",
                                                 .reason_text = "x"});
  EXPECT_EQ(message.data,
            "{\"seq\":\"1152921504606846976\",\"event_id\":\"t-\\\"1\\\"\","
            "\"at\":\"2023-11-14T22:13:20Z\",\"outcome\":\"hold\",\"alert\":true,\"score\":0.9,"
            "\"tail\":5.4,\"threshold\":5,\"entity\":{\"kind\":\"customer\",\"id\":\"596\"},"
            "\"amount\":\"531.81\",\"currency\":\"USD\","
            "\"reason\":{\"code\":\"AMT_VS_USUAL\",\"text\":\"x\"}}");
  EXPECT_FALSE(message.pass);
  EXPECT_TRUE(verdict_message({.seq = 1}).pass);
}

}  // namespace
}  // namespace weir::server
