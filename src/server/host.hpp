// Host: the whole network side of one process, put together: HTTP with its routes, the live stream
// with its overview a second, the native protocol, workers, sessions.
//
//   Host host(options,
//             {.pass = pass, .ids = ids, .keys = keys, .audit = audit, .metrics = metrics}, clock);
//   WEIR_ASSIGN(const HostPorts ports, host.start());
//   print(host.login_link("admin", Role::kAdmin));      // http://127.0.0.1:8740/ui/#TOKEN
//   host.hub().publish(verdict_message(notice));         // from the commit thread
//   host.drain();                                        // before the pass stops
//
// Destroy the host before the pass and the stores; the pass must answer everything it was given
// first.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "server/app/app.hpp"
#include "server/app/worker_pool.hpp"
#include "server/assets/asset_store.hpp"
#include "server/auth/session_store.hpp"
#include "server/http/server.hpp"
#include "server/native/listener.hpp"
#include "server/sse/hub.hpp"

namespace weir::server {

// Limits that may change while the host runs.
struct HostLimits {
  std::uint64_t body_bytes_max = 8 * 1024 * 1024;
  bool metrics_public = false;
  std::uint32_t connections_max = 4096;
  std::uint32_t requests_in_flight_max = 512;
  std::int64_t session_us = SessionOptions{}.session_us;
  std::int64_t drain_ms = 20'000;
};

struct HostOptions {
  HttpOptions http{};
  AppOptions app{};
  SseOptions sse{};
  SessionOptions sessions{};
  bool native = false;
  NativeListenerOptions native_listener{};
  std::int64_t drain_ms = 20'000;
  unsigned workers = 2;
  unsigned uploads = 4;
};

// What the host works with and does not own.
struct HostParts {
  PassService& pass;
  wire::TextIds ids;
  KeyStore& keys;
  AuditSink& audit;
  OperationService& operations;
  DeviceDesk& device;
  MetricRegistry& metrics;
  // Returns the last committed producer_seq of a producer; for the native protocol.
  NativeSession::Committed committed = [](std::uint64_t) { return std::uint64_t{0}; };
};

struct HostPorts {
  std::uint16_t http = 0;
  std::uint16_t native = 0;  // 0: not listening
};

class Host {
 public:
  Host(HostOptions options, HostParts parts, Clock& clock);
  ~Host();  // drains
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Result<HostPorts> start();
  // Thread-safe.
  void set_limits(const HostLimits& limits);
  // Stops accepting, finishes what is in flight within drain_ms, joins all threads. True if nothing
  // had to be aborted.
  bool drain();

  SseHub& hub() { return hub_; }
  SessionStore& sessions() { return sessions_; }
  // Returns the address of the page with a one-time token; the token stands behind '#', so that it
  // reaches no log.
  std::string login_link(const std::string& user, Role role);

 private:
  void tick();
  void run_ticks();

  const HostOptions options_;
  Clock& clock_;
  HostParts given_;
  std::atomic<std::int64_t> drain_ms_;
  SessionStore sessions_;
  AssetStore assets_;
  SseHub hub_;
  IdSource event_ids_;
  WorkerPool workers_;
  WorkerPool uploads_;
  Parts parts_;
  App app_;
  HttpServer http_;
  NativeListener native_;
  HostPorts ports_;

  std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;  // guarded by mutex_
  bool drained_ = false;
  std::thread ticker_;
};

}  // namespace weir::server
