// LiveServer: a running Weir: the pass behind HTTP, the event stream, the frame protocol, keys and
// the page.
//
//   WEIR_ASSIGN(auto server, LiveServer::start(settings));
//   server->run_until_signalled();      // SIGINT or SIGTERM
//   WEIR_TRY(server->stop());
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/config/config.hpp"
#include "base/metrics.hpp"
#include "main/service/compute.hpp"
#include "main/service/live_pass.hpp"
#include "server/auth/sqlite_key_store.hpp"
#include "server/host.hpp"

namespace weir::main {

struct LiveServerSettings {
  std::shared_ptr<const Config> config;
  gate::GateOptions gate;
  std::string rules;
  std::string http;                  // "127.0.0.1:8740"; port 0: any
  std::string native;                // empty: no frame protocol
  LivePass::ReadConfig read_config;  // for reloads; empty: the configuration is fixed
  bool any_port = false;             // fall back to a free port if the one asked for is taken
};

class LiveServer {
 public:
  // Recovers the pass and starts listening. Errors: those of the data directory,
  // failed_precondition if the address is taken, refused_to_start for a non-loopback address
  // without server.insecure.
  static Result<std::unique_ptr<LiveServer>> start(LiveServerSettings settings);
  ~LiveServer();

  // Drains: no new connections, finishes requests, commits, writes a snapshot.
  Status stop();

  // Reads the configuration again and logs what came of it; changes nothing if it has problems.
  void reload();

  LivePass& pass() { return *live_; }
  std::uint16_t port() const { return ports_.http; }
  std::uint16_t native_port() const { return ports_.native; }
  std::string url() const { return "http://" + address_ + ":" + std::to_string(ports_.http); }
  // Makes an API key and returns its text, which cannot be read again. An entry of the audit trail.
  Result<std::string> make_key(const std::string& label, server::Role role);
  // Returns a link that opens the page once, with a session of that role.
  std::string page_link(server::Role role) { return host_->login_link("local", role); }
  bool has_keys() const { return !keys_->list().empty(); }

 private:
  LiveServer() = default;
  Status listen(const LiveServerSettings& settings);
  void make_host(const server::HostOptions& options);

  std::shared_ptr<const Config> config_;
  std::string address_;
  std::string native_key_;  // of frames; empty: none
  MetricRegistry metrics_;
  std::unique_ptr<LivePass> live_;
  std::unique_ptr<Compute> compute_;
  std::unique_ptr<server::KeyStore> keys_;
  std::unique_ptr<server::AuditSink> audit_;
  std::unique_ptr<server::Host> host_;  // last: it uses everything above
  server::HostPorts ports_;
  bool stopped_ = false;
};

// Splits "127.0.0.1:8740"; invalid_argument (listen_address) otherwise.
Result<std::pair<std::string, std::uint16_t>> split_address(const std::string& text);

// Blocks SIGINT, SIGTERM and SIGHUP in this thread and those it starts; wait_for_signal() takes
// them.
void block_signals();
// Returns which of them has come, 0 after `timeout_ms`.
int wait_for_signal(int timeout_ms);

}  // namespace weir::main
