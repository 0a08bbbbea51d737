// Parts: what the routes work with; main/ owns the parts and outlives the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "server/service.hpp"
#include "wire/text_id.hpp"

namespace weir::server {

class AssetStore;
class DeviceDesk;
class KeyStore;
class OperationService;
class SessionStore;
class SseHub;
class WorkerPool;

// One change that was asked for, done or refused.
struct AuditEntry {
  std::int64_t at_us = 0;
  Actor actor;
  std::string action;  // the route's name
  std::string object;  // method and path
  unsigned status = 0;
};

// Takes audit entries; called on I/O threads and must not block: an implementation queues.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void record(AuditEntry entry) = 0;
};

struct AppOptions {
  std::uint64_t body_bytes_max = 8 * 1024 * 1024;
  std::uint64_t operation_body_bytes_max = 64 * 1024 * 1024;
  bool metrics_public = false;
  bool dcgm_page = false;
  double key_requests_per_minute = 1000;
  double address_requests_per_minute = 5000;
  double logins_per_minute = 5;
  unsigned login_failures_max = 10;
  std::int64_t login_lock_ms = 15 * 60 * 1000;
  std::string version = "0.1.0";
};

// Ids for events that came without one: unique over restarts. Thread-safe.
class IdSource {
 public:
  explicit IdSource(std::string prefix) : prefix_(std::move(prefix)) {}
  std::string next() {
    return prefix_ + "-" + std::to_string(next_.fetch_add(1, std::memory_order_relaxed));
  }

 private:
  const std::string prefix_;
  std::atomic<std::uint64_t> next_{1};
};

struct Parts {
  PassService& pass;
  wire::TextIds ids;  // the pass's dictionary and masking, for readers of events
  IdSource& event_ids;
  KeyStore& keys;
  SessionStore& sessions;
  SseHub& hub;
  WorkerPool& workers;
  WorkerPool& uploads;  // its threads wait for slow clients: at most one upload each
  AuditSink& audit;
  OperationService& operations;
  DeviceDesk& device;
  const AssetStore& assets;
  MetricRegistry& metrics;
  Clock& clock;
  AppOptions options;
};

}  // namespace weir::server
