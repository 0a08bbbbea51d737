// TestServer: a FakeServer on a clock that stands still, with a key of each role.
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

#include "server/testing/fake_server.hpp"
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

// What a FakeServer needs from outside; made before it.
struct TestSurroundings {
  ManualClock clock{1'700'000'000'000'000};
  MemoryAudit audit;
};

class TestServer : public TestSurroundings, public FakeServer {
 public:
  explicit TestServer(AppOptions options = {}, HttpOptions http = {})
      : FakeServer(clock, audit, {.app = std::move(options), .http = std::move(http)}) {
    for (unsigned role = 0; role < keys_.size(); ++role)
      keys_[role] = make_key({.label = "test", .role = static_cast<Role>(role)});
  }
  const std::string& key(Role role) const { return keys_[static_cast<std::size_t>(role)]; }
  // The header lines of a request by a key of this role.
  std::string auth(Role role) const { return "authorization: Bearer " + key(role) + "\r\n"; }

 private:
  std::array<std::string, 4> keys_;
};

}  // namespace weir::server
