// FakeServer: the whole server over a FakePass on a free port; for tests and benches.
//
//   FakeServer server(system_clock(), audit, {.workers = 1});
//   const std::string key = server.make_key({.label = "bench", .role = Role::kAnalyst});
//   connect(server.port());
#pragma once

#include <string>
#include <utility>

#include "base/check.hpp"
#include "server/app/app.hpp"
#include "server/app/worker_pool.hpp"
#include "server/assets/asset_store.hpp"
#include "server/auth/key_store.hpp"
#include "server/auth/session_store.hpp"
#include "server/http/server.hpp"
#include "server/operations/device_desk.hpp"
#include "server/operations/operation_service.hpp"
#include "server/sse/hub.hpp"
#include "server/testing/fake_pass.hpp"

namespace weir::server {

struct FakeServerOptions {
  AppOptions app{};
  HttpOptions http{};  // the port is always a free one
  unsigned workers = 2;
  unsigned uploads = 2;
};

class FakeServer {
 public:
  // Starts listening; CHECKs that it can. `server_clock` and `sink` must outlive this object.
  FakeServer(Clock& server_clock, AuditSink& sink, FakeServerOptions options)
      : hub({}, server_clock, metrics),
        workers(options.workers, 64),
        uploads(options.uploads, 4),
        parts{.pass = pass,
              .ids = {},
              .event_ids = event_ids,
              .keys = keys,
              .sessions = sessions,
              .hub = hub,
              .workers = workers,
              .uploads = uploads,
              .audit = sink,
              .operations = operations,
              .device = device,
              .assets = assets,
              .metrics = metrics,
              .clock = server_clock,
              .options = std::move(options.app)},
        app(parts),
        http_server(with_free_port(std::move(options.http)), app, server_clock) {
    hub.attach([this] { http_server.loop(0)->post([this] { hub.drain(); }); });
    const auto port = http_server.start();
    CHECK(port.has_value());
    port_ = *port;
  }
  ~FakeServer() {
    pass.release();
    http_server.drain(0);
  }
  std::string make_key(ApiKey wanted) {
    auto made = create_key(keys, std::move(wanted), parts.clock.wall_us());
    CHECK(made.has_value());
    return std::move(made->text);
  }
  std::uint16_t port() const { return port_; }

  MetricRegistry metrics;
  FakePass pass;
  IdSource event_ids{"test"};
  MemoryKeyStore keys;
  SessionStore sessions;
  SseHub hub;
  WorkerPool workers;
  WorkerPool uploads;
  AssetStore assets;
  ops::Context compute{ops::Workers(1), system_clock()};
  OperationService operations{compute, {.running_max = 2}};
  DeviceDesk device{compute, {}, nullptr, system_clock()};
  Parts parts;
  App app;
  HttpServer http_server;

 private:
  static HttpOptions with_free_port(HttpOptions options) {
    options.port = 0;
    return options;
  }
  std::uint16_t port_ = 0;
};

}  // namespace weir::server
