#include "main/service/live_server.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <ctime>

#include "base/log.hpp"
#include "main/gate_options.hpp"
#include "main/key_file.hpp"
#include "main/service/audit_trail.hpp"
#include "main/version.hpp"

namespace weir::main {

namespace {

server::HostLimits host_limits(const Config& config) {
  server::HostLimits limits;
  limits.body_bytes_max = config.u64("server.body_bytes_max");
  limits.metrics_public = config.boolean("auth.metrics_public");
  limits.connections_max = static_cast<std::uint32_t>(config.u64("server.connections_max"));
  limits.requests_in_flight_max =
      static_cast<std::uint32_t>(config.u64("server.requests_in_flight_max"));
  limits.session_us = static_cast<std::int64_t>(config.u64("auth.session_h")) * 3'600'000'000;
  limits.drain_ms = static_cast<std::int64_t>(config.u64("server.drain_s")) * 1000;
  return limits;
}

// HTTP and frames are in the clear: beyond this machine both need something in front.
Status check_reach(const std::string& listen, const Config& config) {
  WEIR_ASSIGN(const auto address, split_address(listen));
  const bool loopback = address.first == "localhost" || address.first.rfind("127.", 0) == 0;
  if (loopback || config.boolean("server.insecure")) return Status::ok();
  return failed_precondition("refused_to_start", "listening on " + listen +
                                                     " without TLS would send keys and events in "
                                                     "the clear")
      .hint("listen on 127.0.0.1 behind a TLS proxy, or set server.insecure = true");
}

}  // namespace

Result<std::pair<std::string, std::uint16_t>> split_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  const auto refuse = [&text] {
    return fail(invalid_argument("listen_address", "\"" + text + "\" is no address to listen on")
                    .hint("write 127.0.0.1:8740; ports end at 65535"));
  };
  if (colon == std::string::npos || colon == 0) return refuse();
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || rest != end) return refuse();
  return std::pair(text.substr(0, colon), port);
}

LiveServer::~LiveServer() {
  stop().is_ok();
}

Result<std::unique_ptr<LiveServer>> LiveServer::start(LiveServerSettings settings) {
  std::unique_ptr<LiveServer> server(new LiveServer());
  server->config_ = settings.config;
  for (const std::string& listen : {settings.http, settings.native}) {
    if (!listen.empty()) WEIR_TRY(check_reach(listen, *settings.config));
  }
  if (!settings.native.empty() && !settings.config->text("server.native_key_file").empty()) {
    WEIR_ASSIGN(server->native_key_, read_key_file(*settings.config, "server.native_key_file"));
  }
  WEIR_ASSIGN(server->compute_, Compute::open(*settings.config, server->metrics_, system_clock()));
  const std::string dir = settings.gate.dir;
  WEIR_ASSIGN(server->live_, LivePass::open(std::move(settings.gate), settings.config,
                                            settings.rules, server->metrics_));
  if (dir.empty()) {
    server->keys_ = std::make_unique<server::MemoryKeyStore>();
    server->audit_ = std::make_unique<AuditTrail>();
  } else {
    WEIR_ASSIGN(server->keys_, server::SqliteKeyStore::open(dir + "/auth.db"));
    storage::ChainedLinesOptions trail;
    trail.instance = to_hex(server->live_->gate().log()->genesis().hash());
    WEIR_ASSIGN(server->audit_, AuditTrail::open(dir + "/audit", std::move(trail)));
  }
  if (settings.read_config) {
    server->live_->reload_from(settings.read_config, [self = server.get()](const Config& config) {
      if (Status status = use_log_settings(config); !status.is_ok()) log_warning("config", status);
      self->host_->set_limits(host_limits(config));
    });
  }
  WEIR_TRY(server->listen(settings));
  return server;
}

void LiveServer::reload() {
  const server::Actor actor{
      .name = "signal", .role = "admin", .address = "local", .request_id = {}};
  const auto review = live_->reload_config(actor);
  if (!review) return log_error("config", review.error());
  for (const server::ConfigProblem& problem : review->errors) {
    log_error("config", "config_invalid", problem.message,
              {{"key", problem.key}, {"line", problem.line}, {"column", problem.column}});
  }
  for (const std::string& key : review->needs_restart) {
    log_warning("config", "needs_restart", "changed in the configuration, but not in force",
                {{"key", key}});
  }
  audit_->record({.at_us = system_clock().wall_us(),
                  .actor = actor,
                  .action = "config_reload",
                  .object = "SIGHUP",
                  .status = review->errors.empty() ? 200U : 422U});
}

void LiveServer::make_host(const server::HostOptions& options) {
  host_ = std::make_unique<server::Host>(
      options,
      server::HostParts{.pass = *live_,
                        .ids = live_->text_ids(),
                        .keys = *keys_,
                        .audit = *audit_,
                        .operations = compute_->operations(),
                        .device = compute_->desk(),
                        .metrics = metrics_,
                        .committed =
                            [pass = live_.get()](std::uint64_t producer_id) {
                              return pass->gate().committed_frame(producer_id);
                            }},
      system_clock());
}

Status LiveServer::listen(const LiveServerSettings& settings) {
  WEIR_ASSIGN(const auto address, split_address(settings.http));
  address_ = address.first;
  server::HostOptions options;
  const server::HostLimits limits = host_limits(*config_);
  options.app.body_bytes_max = limits.body_bytes_max;
  options.app.metrics_public = limits.metrics_public;
  options.app.logins_per_minute = static_cast<double>(config_->u64("auth.login_per_minute"));
  options.app.version = program_version();
  options.app.dcgm_page = config_->boolean("metrics.dcgm_page");
  options.http.address = address_;
  options.http.port = address.second;
  options.http.connections_max = limits.connections_max;
  options.http.requests_in_flight_max = limits.requests_in_flight_max;
  options.sessions.session_us = limits.session_us;
  options.sessions.link_us =
      static_cast<std::int64_t>(config_->u64("auth.first_run_minutes")) * 60'000'000;
  options.drain_ms = limits.drain_ms;
  if (!settings.native.empty()) {
    WEIR_ASSIGN(const auto native, split_address(settings.native));
    options.native = true;
    options.native_listener.address = native.first;
    options.native_listener.port = native.second;
    options.native_listener.session.key.assign(native_key_.begin(), native_key_.end());
  }
  make_host(options);
  auto ports = host_->start();
  if (!ports && settings.any_port) {
    options.http.port = 0;
    make_host(options);
    ports = host_->start();
  }
  if (!ports) {
    return Status(ports.error())
        .hint("take an address of this machine and a port that is free; 0 is any");
  }
  ports_ = *ports;
  live_->publish_to(&host_->hub());
  compute_->publish_to(&host_->hub());
  return Status::ok();
}

Status LiveServer::stop() {
  if (stopped_) return Status::ok();
  stopped_ = true;
  if (host_ != nullptr) host_->drain();
  if (compute_ != nullptr) compute_->publish_to(nullptr);
  Status status;
  if (live_ != nullptr) {
    live_->publish_to(nullptr);
    status = live_->close();
  }
  host_.reset();
  return status;
}

Result<std::string> LiveServer::make_key(const std::string& label, server::Role role) {
  server::ApiKey wanted;
  wanted.label = label;
  wanted.role = role;
  WEIR_ASSIGN(server::NewKey made,
              server::create_key(*keys_, std::move(wanted), system_clock().wall_us()));
  // Made by whoever starts the program, not by a request.
  audit_->record({.at_us = system_clock().wall_us(),
                  .actor = {.name = "local",
                            .role = std::string(server::role_name(server::Role::kAdmin)),
                            .address = "local",
                            .request_id = {}},
                  .action = "key_create",
                  .object = "key:" + made.id,
                  .status = 201});
  return std::move(made.text);
}

namespace {

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int wait_for_signal(int timeout_ms) {
  const sigset_t set = handled_signals();
  const timespec timeout{timeout_ms / 1000, (timeout_ms % 1000) * 1'000'000L};
  return std::max(0, sigtimedwait(&set, nullptr, &timeout));
}

}  // namespace weir::main
