// The answer of the route table to one body, without a socket: shared by the fuzz target and its
// regression test.
//
//   answer_body("POST /v1/labels application/json\n{\"event_id\":\"t-1\",\"label\":\"fraud\"}");
//
// The first line names method, target and, if wanted, the media type; the rest is the body.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/app/app.hpp"
#include "server/app/worker_pool.hpp"
#include "server/assets/asset_store.hpp"
#include "server/auth/key_store.hpp"
#include "server/auth/session_store.hpp"
#include "server/operations/device_desk.hpp"
#include "server/operations/operation_service.hpp"
#include "server/sse/hub.hpp"
#include "server/testing/fake_pass.hpp"

namespace weir::server {

// Keeps the reply, a streamed one as a whole, for the thread that waits for it.
class KeptReply final : public Exchange, public std::enable_shared_from_this<KeptReply> {
 public:
  void reply(Response&& response) override {
    const std::lock_guard lock(mutex_);
    if (!response_) response_ = std::move(response);
    changed_.notify_all();
  }
  void stream(Response&& head, std::shared_ptr<StreamSource> source) override {
    source->attached([self = shared_from_this()] { self->wake(); });
    {
      const std::lock_guard lock(mutex_);
      source_ = std::move(source);
    }
    reply(std::move(head));
    wake();
  }
  Response wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return response_.has_value(); });
    const std::shared_ptr<StreamSource> source = std::exchange(source_, nullptr);
    for (bool more = source != nullptr; more;) {
      changed_.wait(lock, [this] { return woken_; });
      woken_ = false;
      lock.unlock();
      std::size_t before = 0;
      do {
        before = response_->body.size();
        more = source->pull(response_->body);
      } while (more && response_->body.size() != before);
      lock.lock();
    }
    if (source != nullptr) source->detached();
    return std::move(*response_);
  }

 private:
  void wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Response> response_;  // guarded by mutex_, as all below
  std::shared_ptr<StreamSource> source_;
  bool woken_ = false;
};

class SilentAudit final : public AuditSink {
 public:
  void record(AuditEntry) override {}
};

// The routes over a FakePass: what outlives one body.
class BodyAnswerer {
 public:
  // Returns the reply; nullopt if the first line names no route that takes a body.
  std::optional<Response> answer(std::string_view input) {
    const std::size_t line_end = input.find('\n');
    if (line_end == std::string_view::npos) return std::nullopt;
    std::string_view line = input.substr(0, line_end);
    const auto word = [&line] {
      const std::string_view found = line.substr(0, line.find(' '));
      line.remove_prefix(std::min(line.size(), found.size() + 1));
      return std::string(found);
    };
    Request request;
    request.method = parse_method(word());
    request.target = word();
    request.address = "127.0.0.1";
    if (const std::string type = word(); !type.empty()) request.headers.add("content-type", type);
    Match match = router_.find(request.method, request.path());
    if (match.route == nullptr || match.route->accepts == Accepts::kNothing) return std::nullopt;
    request.route = match.route;
    request.params = std::move(match.params);
    request.principal = admin_;
    return call(*match.route, request, input.substr(line_end + 1));
  }

 private:
  Response call(const Route& route, Request& request, std::string_view body) {
    FakePass pass;
    MemoryKeyStore keys;
    SessionStore sessions;
    Parts parts{.pass = pass,
                .ids = {},
                .event_ids = event_ids_,
                .keys = keys,
                .sessions = sessions,
                .hub = hub_,
                .workers = workers_,
                .uploads = uploads_,
                .audit = audit_,
                .operations = operations_,
                .device = device_,
                .assets = assets_,
                .metrics = metrics_,
                .clock = clock_,
                .options = {}};
    Call call{parts, request};
    const auto kept = std::make_shared<KeptReply>();
    if (route.open != nullptr) {
      if (const auto sink = route.open(call, Responder(kept)); sink != nullptr) {
        sink->attached([] {});
        sink->on_data(body);
        sink->on_end();
      }
      return kept->wait();
    }
    request.body = body;
    if (route.begin != nullptr) {
      route.begin(call, Responder(kept));
      return kept->wait();
    }
    auto response = route.answer(call);
    return response ? std::move(*response) : error_response(response.error());
  }

  ManualClock clock_{1'700'000'000'000'000};
  MetricRegistry metrics_;
  IdSource event_ids_{"body"};
  SseHub hub_{{}, clock_, metrics_};
  AssetStore assets_{{}};
  SilentAudit audit_;
  Router router_{route_table()};
  std::shared_ptr<const Principal> admin_ =
      std::make_shared<const Principal>(Principal{"key:test", Role::kAdmin, kScopeAll, false, {}});
  ops::Context compute_{ops::Workers(1), system_clock()};
  OperationService operations_{compute_, {.running_max = 1}};
  DeviceDesk device_{compute_, {}, nullptr, clock_};
  WorkerPool workers_{1, 4};
  WorkerPool uploads_{1, 4};
};

}  // namespace weir::server
