#include "server/host.hpp"

#include <chrono>
#include <utility>

#include "server/app/overview.hpp"
#include "server/auth/secret.hpp"
#include "server/operations/device_desk.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kWorkerQueue = 256;
constexpr std::chrono::seconds kTick{1};

}  // namespace

Host::Host(HostOptions options, HostParts parts, Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      given_(std::move(parts)),
      drain_ms_(options_.drain_ms),
      sessions_(options_.sessions),
      hub_(options_.sse, clock, given_.metrics),
      event_ids_(random_token().substr(0, 16)),
      workers_(options_.workers, kWorkerQueue),
      uploads_(options_.uploads, options_.uploads),
      parts_{.pass = given_.pass,
             .ids = given_.ids,
             .event_ids = event_ids_,
             .keys = given_.keys,
             .sessions = sessions_,
             .hub = hub_,
             .workers = workers_,
             .uploads = uploads_,
             .audit = given_.audit,
             .operations = given_.operations,
             .device = given_.device,
             .assets = assets_,
             .metrics = given_.metrics,
             .clock = clock,
             .options = options_.app},
      app_(parts_),
      http_(options_.http, app_, clock),
      native_(options_.native_listener, given_.pass, clock, given_.committed, given_.metrics) {
  hub_.attach([this] { http_.loop(0)->post([this] { hub_.drain(); }); });
}

Host::~Host() {
  drain();
}

Result<HostPorts> Host::start() {
  WEIR_ASSIGN(ports_.http, http_.start());
  if (options_.native) {
    WEIR_ASSIGN(ports_.native, native_.start());
  }
  ticker_ = std::thread([this] { run_ticks(); });
  return ports_;
}

void Host::run_ticks() {
  std::unique_lock lock(mutex_);
  while (!stop_changed_.wait_for(lock, kTick, [&] { return stop_; })) {
    lock.unlock();
    tick();
    lock.lock();
  }
}

void Host::tick() {
  hub_.tick();
  given_.device.tick();
  if (hub_.wanted(Topic::kMetrics, false))
    hub_.publish({.topic = Topic::kMetrics,
                  .pass = false,
                  .seq = 0,
                  .data = overview_json(given_.pass.overview())});
  const HttpStats& stats = http_.stats();
  given_.metrics.gauge(Metric::kHttpInFlight).set(stats.in_flight.load());
  given_.metrics.gauge(Metric::kHttpConnections).set(stats.connections.load());
  given_.metrics.gauge(Metric::kSessions).set(sessions_.count(clock_.wall_us()));
}

void Host::set_limits(const HostLimits& limits) {
  http_.set_limits(limits.connections_max, limits.requests_in_flight_max);
  app_.set_limits(limits.body_bytes_max, limits.metrics_public);
  sessions_.set_session_us(limits.session_us);
  drain_ms_ = limits.drain_ms;
}

bool Host::drain() {
  if (std::exchange(drained_, true)) return true;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stop_changed_.notify_all();
  if (ticker_.joinable()) ticker_.join();
  const bool native_clean = native_.drain(drain_ms_);
  const bool http_clean = http_.drain(drain_ms_);
  uploads_.stop();
  workers_.stop();
  return native_clean && http_clean;
}

std::string Host::login_link(const std::string& user, Role role) {
  const std::string token = sessions_.make_link(user, role, clock_.wall_us());
  return "http://" + options_.http.address + ":" + std::to_string(ports_.http) + "/ui/#" + token;
}

}  // namespace weir::server
