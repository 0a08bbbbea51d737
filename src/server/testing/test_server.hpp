// TestServer: the whole server over a FakePass on a free port, with a key of each role.
//
//   TestServer server;
//   TestClient client(server.port());
//   client.get("/v1/overview", server.auth(Role::kViewer));
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/app/app.hpp"
#include "server/app/worker_pool.hpp"
#include "server/assets/asset_store.hpp"
#include "server/auth/key_store.hpp"
#include "server/auth/session_store.hpp"
#include "server/http/server.hpp"
#include "server/sse/hub.hpp"
#include "server/testing/fake_pass.hpp"
#include "server/testing/test_client.hpp"

namespace weir::server {

class MemoryAudit final : public AuditSink {
 public:
  void record(AuditEntry entry) override {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  std::vector<AuditEntry> entries() {
    const std::lock_guard lock(mutex_);
    return entries_;
  }

 private:
  std::mutex mutex_;
  std::vector<AuditEntry> entries_;
};

class TestServer {
 public:
  explicit TestServer(AppOptions options = {}, HttpOptions http = {})
      : parts{.pass = pass,
              .ids = {},
              .event_ids = event_ids,
              .keys = keys,
              .sessions = sessions,
              .hub = hub,
              .workers = workers,
              .uploads = uploads,
              .audit = audit,
              .assets = assets,
              .metrics = metrics,
              .clock = clock,
              .options = std::move(options)},
        app(parts),
        http_server(with_free_port(std::move(http)), app, clock) {
    hub.attach([this] { http_server.loop(0)->post([this] { hub.drain(); }); });
    auto port = http_server.start();
    EXPECT_TRUE(port) << port.error().to_string();
    port_ = *port;
    for (unsigned role = 0; role < keys_.size(); ++role)
      keys_[role] = make_key({.label = "test", .role = static_cast<Role>(role)});
  }
  ~TestServer() {
    pass.release();
    http_server.drain(0);
  }
  std::string make_key(ApiKey wanted) {
    auto made = create_key(keys, std::move(wanted), clock.wall_us());
    EXPECT_TRUE(made);
    return made->text;
  }
  std::uint16_t port() const { return port_; }
  const std::string& key(Role role) const { return keys_[static_cast<std::size_t>(role)]; }
  // The header lines of a request by a key of this role.
  std::string auth(Role role) const { return "authorization: Bearer " + key(role) + "\r\n"; }

  ManualClock clock{1'700'000'000'000'000};
  MetricRegistry metrics;
  FakePass pass;
  IdSource event_ids{"test"};
  MemoryKeyStore keys;
  SessionStore sessions;
  SseHub hub{{}, clock, metrics};
  WorkerPool workers{2, 64};
  WorkerPool uploads{2, 4};
  MemoryAudit audit;
  AssetStore assets;
  Parts parts;
  App app;
  HttpServer http_server;

 private:
  static HttpOptions with_free_port(HttpOptions options) {
    options.port = 0;
    return options;
  }
  std::uint16_t port_ = 0;
  std::array<std::string, 4> keys_;
};

}  // namespace weir::server
