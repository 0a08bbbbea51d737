#include "server/app/app.hpp"

#include <gtest/gtest.h>

#include <set>

#include "server/testing/test_server.hpp"

namespace weir::server {
namespace {

// A path that the route's pattern matches.
std::string sample_path(const Route& route) {
  std::string path;
  for (std::size_t i = 0; i < route.pattern.size(); ++i) {
    if (route.pattern[i] != '{') {
      path += route.pattern[i];
      continue;
    }
    path += '1';
    i = route.pattern.find('}', i);
  }
  return path;
}

bool follows_stream(const Route& route) {
  return route.pattern == "/v1/stream";
}

TEST(App, RefusesEveryRouteWithoutCredentialsUnlessPublic) {
  TestServer server;
  for (const Route& route : route_table()) {
    TestClient client(server.port());
    const Reply reply = client.request(method_name(route.method), sample_path(route));
    if (route.access == Access::kPublic) {
      EXPECT_NE(reply.status, 403U) << route.name;
      if ((route.flags & kLogin) == 0) {
        EXPECT_NE(reply.status, 401U) << route.name;
      }
    } else {
      EXPECT_EQ(reply.status, 401U) << route.name;
      EXPECT_NE(reply.body.find("\"reason\":\"credentials_missing\""), std::string::npos);
      EXPECT_TRUE(reply.headers.contains("www-authenticate"));
    }
  }
}

TEST(App, AdmitsEachRoleToItsRoutesAndNoOthers) {
  AppOptions options;
  options.logins_per_minute = 1000;
  TestServer server(options);
  for (const Route& route : route_table()) {
    if (route.access == Access::kPublic || follows_stream(route)) continue;
    for (const Role role : {Role::kViewer, Role::kAnalyst, Role::kOperator, Role::kAdmin}) {
      TestClient client(server.port());
      const Reply reply =
          client.request(method_name(route.method), sample_path(route), server.auth(role));
      const bool allowed = static_cast<unsigned>(role) + 1 >= static_cast<unsigned>(route.access);
      EXPECT_EQ(reply.status != 403, allowed) << route.name << " as " << role_name(role);
      EXPECT_NE(reply.status, 401U) << route.name;
      if (!allowed) {
        const Role least = static_cast<Role>(static_cast<unsigned>(route.access) - 1);
        EXPECT_NE(reply.body.find("needs the role " + std::string(role_name(least))),
                  std::string::npos)
            << reply.body;
      }
    }
  }
}

TEST(App, AuditsEveryChangeOnceAndNothingElse) {
  TestServer server;
  for (const Route& route : route_table()) {
    if (follows_stream(route)) continue;
    for (const Role role : {Role::kViewer, Role::kAdmin}) {
      const std::size_t before = server.audit.entries().size();
      TestClient client(server.port());
      client.request(method_name(route.method), sample_path(route), server.auth(role));
      const auto entries = server.audit.entries();
      const std::size_t expected = (route.flags & kChanges) != 0 ? 1 : 0;
      ASSERT_EQ(entries.size() - before, expected) << route.name << " as " << role_name(role);
      if (expected == 0) continue;
      EXPECT_EQ(entries.back().action, route.name);
      EXPECT_TRUE(entries.back().actor.name.starts_with("key:")) << route.name;
      EXPECT_FALSE(entries.back().actor.request_id.empty());
      EXPECT_EQ(entries.back().actor.address, "127.0.0.1");
    }
  }
}

TEST(App, NamesEachRouteOnceForMetrics) {
  std::set<std::string_view> names;
  for (const Route& route : route_table())
    EXPECT_TRUE(names.insert(route.name).second) << route.name;
  EXPECT_LE(names.size(), 90U);
}

TEST(App, MarksEveryWriteThatIsNoQuestionAsChange) {
  const std::set<std::string_view> questions = {"decide", "events", "imports_preview",
                                                "rules_check", "rules_try", "config_check",
                                                "operation_run", "operation_stream"};
  for (const Route& route : route_table()) {
    const bool write = route.method != Method::kGet && !questions.contains(route.name);
    EXPECT_EQ((route.flags & kChanges) != 0, write) << route.name;
  }
}

TEST(App, NamesUnknownPathsAndAllowedMethods) {
  TestServer server;
  TestClient client(server.port());
  const Reply unknown = client.get("/v1/nothing/here");
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_NE(unknown.body.find("/v1/nothing/here"), std::string::npos);
  const Reply method = client.request("PATCH", "/v1/rules");
  EXPECT_EQ(method.status, 405U);
  EXPECT_EQ(method.headers.at("allow"), "GET, PUT");
  EXPECT_NE(method.body.find("GET, PUT"), std::string::npos);
  EXPECT_EQ(client.request("HEAD", "/healthz").status, 200U);
}

TEST(App, RefusesMediaTypesBeforeTheBody) {
  TestServer server;
  TestClient client(server.port());
  const Reply reply = client.request(
      "POST", "/v1/decisions",
      server.auth(Role::kAnalyst) + "content-type: application/x-www-form-urlencoded\r\n", "a=b");
  EXPECT_EQ(reply.status, 415U);
  EXPECT_NE(reply.body.find("application/json"), std::string::npos);
}

TEST(App, RefusesBodiesThatAreTooLarge) {
  AppOptions options;
  options.body_bytes_max = 1000;
  TestServer server(options);
  TestClient client(server.port());
  const Reply reply =
      client.request("POST", "/v1/decisions", server.auth(Role::kAnalyst), std::string(1001, ' '));
  EXPECT_EQ(reply.status, 413U);
  EXPECT_NE(reply.body.find("out_of_range"), std::string::npos);
}

TEST(App, LimitsControlRequestsByKeyButNotScoring) {
  AppOptions options;
  options.key_requests_per_minute = 3;
  TestServer server(options);
  TestClient client(server.port());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.get("/v1/overview", server.auth(Role::kViewer)).status, 200U);
  const Reply refused = client.get("/v1/overview", server.auth(Role::kViewer));
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.headers.at("retry-after"), "20");
  EXPECT_EQ(client.get("/v1/overview", server.auth(Role::kAnalyst)).status, 200U);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(client.request("POST", "/v1/decisions", server.auth(Role::kAnalyst), "[]").status,
              400U);
  server.clock.advance_us(21'000'000);
  EXPECT_EQ(client.get("/v1/overview", server.auth(Role::kViewer)).status, 200U);
}

TEST(App, RefusesKeysThatAreWrongExpiredRevokedOrFromElsewhere) {
  TestServer server;
  const std::int64_t now = server.clock.wall_us();
  const std::string expired =
      server.make_key({.label = "old", .role = Role::kAdmin, .expires_us = now + 1'000'000});
  const std::string elsewhere =
      server.make_key({.label = "far", .role = Role::kAdmin, .addresses = {"10.0.0.1"}});
  std::string wrong = server.key(Role::kAdmin);
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  server.clock.advance_us(2'000'000);
  const std::string revoked = server.make_key({.label = "gone", .role = Role::kAdmin});
  ASSERT_TRUE(server.keys.revoke(revoked.substr(5, 8), now).is_ok());
  const struct {
    std::string key;
    std::string reason;
  } cases[] = {
      {expired, "key_expired"},      {elsewhere, "key_address"},
      {wrong, "key_unknown"},        {revoked, "key_revoked"},
      {"weir_xyz", "key_malformed"}, {"weir_00000000_" + std::string(43, 'A'), "key_unknown"}};
  TestClient client(server.port());
  for (const auto& one : cases) {
    const Reply reply = client.get("/v1/overview", "x-api-key: " + one.key + "\r\n");
    EXPECT_EQ(reply.status, 401U) << one.reason;
    EXPECT_NE(reply.body.find("\"reason\":\"" + one.reason + "\""), std::string::npos)
        << reply.body;
    EXPECT_EQ(reply.body.find(one.key.substr(14 < one.key.size() ? 14 : 5)), std::string::npos);
  }
  EXPECT_EQ(client.get("/v1/overview?key=" + server.key(Role::kAdmin)).status, 401U);
}

TEST(App, KeepsKeysToTheirScopes) {
  TestServer server;
  const std::string ingest =
      "x-api-key: " +
      server.make_key({.label = "till", .role = Role::kAdmin, .scopes = kScopeIngest}) + "\r\n";
  TestClient client(server.port());
  EXPECT_EQ(client.request("POST", "/v1/decisions", ingest, "[]").status, 400U);
  EXPECT_EQ(client.get("/v1/overview", ingest).status, 403U);
  EXPECT_EQ(client.request("PUT", "/v1/rules", ingest, "x").status, 403U);
  EXPECT_EQ(client.get("/v1/keys", ingest).status, 403U);
}

TEST(App, OpensASessionByLinkOnceAndGuardsItsWrites) {
  TestServer server;
  const std::string token = server.sessions.make_link("ana", Role::kAdmin, server.clock.wall_us());
  TestClient client(server.port());
  const std::string body = "{\"token\":\"" + token + "\"}";
  const Reply opened = client.request("POST", "/v1/login/token", {}, body);
  ASSERT_EQ(opened.status, 200U) << opened.body;
  const std::string set = opened.headers.at("set-cookie");
  EXPECT_NE(set.find("HttpOnly; SameSite=Strict"), std::string::npos);
  const std::string cookie = "cookie: a=b; " + set.substr(0, set.find(';')) + "\r\n";
  EXPECT_EQ(client.request("POST", "/v1/login/token", {}, body).status, 401U);

  EXPECT_EQ(client.get("/v1/session", cookie).status, 200U);
  const std::size_t at = opened.body.find("\"csrf\":\"") + 8;
  const std::string csrf = "x-weir-csrf: " + opened.body.substr(at, 43) + "\r\n";
  const std::string origin = "origin: http://test\r\n";
  const std::string key = "{\"label\":\"x\",\"role\":\"viewer\"}";
  EXPECT_EQ(client.request("POST", "/v1/keys", cookie, key).status, 403U);
  EXPECT_EQ(client.request("POST", "/v1/keys", cookie + csrf, key).status, 403U);
  EXPECT_EQ(
      client.request("POST", "/v1/keys", cookie + csrf + "origin: http://evil\r\n", key).status,
      403U);
  EXPECT_EQ(client.request("POST", "/v1/keys", cookie + csrf + origin, key).status, 201U);
  EXPECT_EQ(server.audit.entries().back().actor.name, "user:ana");

  EXPECT_EQ(client.request("DELETE", "/v1/session", cookie + csrf + origin).status, 204U);
  EXPECT_EQ(client.get("/v1/session", cookie).status, 401U);
}

TEST(App, EndsSessionsAndLinksByTime) {
  TestServer server;
  const std::string late = server.sessions.make_link("ana", Role::kViewer, server.clock.wall_us());
  server.clock.advance_us(61LL * 60 * 1'000'000);
  TestClient client(server.port());
  EXPECT_EQ(client.request("POST", "/v1/login/token", {}, "{\"token\":\"" + late + "\"}").status,
            401U);
  const std::string token = server.sessions.make_link("ana", Role::kViewer, server.clock.wall_us());
  const Reply opened =
      client.request("POST", "/v1/login/token", {}, "{\"token\":\"" + token + "\"}");
  const std::string set = opened.headers.at("set-cookie");
  const std::string cookie = "cookie: " + set.substr(0, set.find(';')) + "\r\n";
  EXPECT_EQ(client.get("/v1/session", cookie).status, 200U);
  server.clock.advance_us(12LL * 3600 * 1'000'000);
  EXPECT_EQ(client.get("/v1/session", cookie).status, 401U);
}

TEST(App, LocksAnAddressOutAfterFailedLogins) {
  AppOptions options;
  options.logins_per_minute = 1000;
  options.login_failures_max = 3;
  TestServer server(options);
  TestClient client(server.port());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.request("POST", "/v1/login/token", {}, "{\"token\":\"no\"}").status, 401U);
  const std::string token = server.sessions.make_link("ana", Role::kViewer, server.clock.wall_us());
  const std::string body = "{\"token\":\"" + token + "\"}";
  const Reply locked = client.request("POST", "/v1/login/token", {}, body);
  EXPECT_EQ(locked.status, 429U);
  EXPECT_EQ(locked.headers.at("retry-after"), "900");
  server.clock.advance_us(15LL * 60 * 1'000'000);
  EXPECT_EQ(client.request("POST", "/v1/login/token", {}, body).status, 200U);
}

TEST(App, CountsRequestsAndRefusals) {
  TestServer server;
  TestClient client(server.port());
  client.get("/healthz");
  client.get("/v1/overview");
  const Reply reply = client.get("/metrics", server.auth(Role::kViewer));
  EXPECT_NE(reply.body.find("weir_http_requests_total{route=\"healthz\",code=\"200\"} 1"),
            std::string::npos);
  EXPECT_NE(reply.body.find("weir_http_requests_total{route=\"overview\",code=\"401\"} 1"),
            std::string::npos);
  EXPECT_TRUE(reply.headers.at("content-type").starts_with("text/plain; version=0.0.4"));
}

TEST(App, ServesTheConsoleWithItsPolicy) {
  TestServer server;
  TestClient client(server.port());
  const Reply page = client.get("/ui/");
  EXPECT_EQ(page.status, 200U);
  EXPECT_TRUE(page.headers.at("content-security-policy").starts_with("default-src 'self';"));
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(page.headers.at("referrer-policy"), "no-referrer");
  EXPECT_EQ(client.get("/ui/decisions/t-1").body, page.body);
  const Reply same = client.get("/ui/", "if-none-match: " + page.headers.at("etag") + "\r\n");
  EXPECT_EQ(same.status, 304U);
  EXPECT_EQ(client.get("/ui/app.js").headers.at("content-type"), "text/javascript; charset=utf-8");
  const Reply zipped = client.get("/ui/", "accept-encoding: gzip\r\n");
  EXPECT_EQ(zipped.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(zipped.body.substr(0, 2), "\x1f\x8b");
}

}  // namespace
}  // namespace weir::server
