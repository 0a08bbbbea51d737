#include "server/app/app.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "server/app/worker_pool.hpp"
#include "server/auth/key_store.hpp"
#include "server/auth/secret.hpp"
#include "server/auth/session_store.hpp"

namespace weir::server {
namespace {

const Route* route_of(const Request& request) {
  return static_cast<const Route*>(request.route);
}

Status unauthenticated(std::string_view reason, std::string message) {
  return {Code::kUnauthenticated, reason, std::move(message)};
}
Status denied(std::string_view reason, std::string message) {
  return {Code::kPermissionDenied, reason, std::move(message)};
}

Response too_many(const char* reason, const char* message, std::int64_t wait_ms) {
  Response response = error_response(resource_exhausted(reason, message));
  for (auto& [name, value] : response.headers)
    if (name == "retry-after") value = std::to_string((wait_ms + 999) / 1000);
  return response;
}

// Returns "application/json" of "application/json; charset=utf-8".
std::string_view media_type(std::string_view header) {
  header = header.substr(0, header.find(';'));
  while (header.ends_with(' ')) header.remove_suffix(1);
  return header;
}

std::span<const std::string_view> accepted_types(Accepts accepts) {
  static constexpr std::array<std::string_view, 1> kJson = {"application/json"};
  static constexpr std::array<std::string_view, 3> kJsonLines = {
      "application/json", "application/x-ndjson", "application/ndjson"};
  static constexpr std::array<std::string_view, 7> kEvents = {
      "application/json",         "application/x-ndjson", "application/ndjson", "text/csv",
      "application/octet-stream", "application/x-weir",   "application/gzip"};
  static constexpr std::array<std::string_view, 2> kText = {"text/plain", "application/json"};
  static constexpr std::array<std::string_view, 3> kEntries = {"application/json", "text/csv",
                                                               "application/x-ndjson"};
  switch (accepts) {
    case Accepts::kNothing:
      return {};
    case Accepts::kJson:
      return kJson;
    case Accepts::kJsonLines:
      return kJsonLines;
    case Accepts::kEvents:
      return kEvents;
    case Accepts::kText:
      return kText;
    case Accepts::kEntries:
      return kEntries;
  }
  return {};
}

Role least_role(Access access) {
  return static_cast<Role>(static_cast<unsigned>(access) - 1);
}

// The Origin of a page must be the server it was loaded from.
bool same_origin(const Request& request) {
  const std::string_view origin = request.header("origin");
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("host");
}

bool is_read(Method method) {
  return method == Method::kGet || method == Method::kHead;
}

}  // namespace

const Principal& Call::who() const {
  CHECK(request.principal != nullptr);
  return *request.principal;
}

Actor Call::actor() const {
  Actor actor{
      .name = "anonymous", .role = "", .address = request.address, .request_id = request.id};
  if (request.principal == nullptr) return actor;
  actor.name = request.principal->name;
  actor.role = role_name(request.principal->role);
  return actor;
}

std::string_view cookie(const Request& request, std::string_view name) {
  std::string_view rest = request.header("cookie");
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return {};
}

App::App(Parts& parts, std::span<const Route> routes)
    : parts_(parts),
      body_bytes_max_(parts.options.body_bytes_max),
      metrics_public_(parts.options.metrics_public),
      router_(routes),
      key_limit_({.per_minute = parts.options.key_requests_per_minute,
                  .burst = parts.options.key_requests_per_minute}),
      address_limit_({.per_minute = parts.options.address_requests_per_minute,
                      .burst = parts.options.address_requests_per_minute}),
      login_limit_({.per_minute = parts.options.logins_per_minute,
                    .burst = parts.options.logins_per_minute}),
      login_lock_(parts.options.login_failures_max, parts.options.login_lock_ms) {
  for (const Route& route : routes)
    seconds_.push_back(parts.metrics.histogram(Metric::kHttpRequestSeconds, {route.name}));
}

void App::set_limits(std::uint64_t body_bytes_max, bool metrics_public) {
  body_bytes_max_ = body_bytes_max;
  metrics_public_ = metrics_public;
}

void App::count_refusal(std::string_view http_reason, std::string_view auth_reason) {
  parts_.metrics.counter(Metric::kHttpRefusedTotal, {http_reason}).add();
  if (!auth_reason.empty()) parts_.metrics.counter(Metric::kAuthFailuresTotal, {auth_reason}).add();
}

BodyPlan App::on_header(Request& request) {
  BodyPlan plan;
  Match match = router_.find(request.method, request.path());
  if (match.route == nullptr && match.allowed.empty()) {
    plan.refuse = error_response(
        not_found("route_unknown", "nothing is served at " + std::string(request.path()))
            .at(request.path()));
    return plan;
  }
  if (match.route == nullptr) {
    const Status status(Code::kInvalidArgument, "method_not_allowed",
                        std::string(request.path()) + " answers " + match.allowed);
    plan.refuse = error_response(status, 405).with("allow", match.allowed);
    return plan;
  }
  request.route = match.route;
  request.params = std::move(match.params);
  plan.refuse = admit(*match.route, request);
  if (plan.refuse) return plan;
  plan.upload = (match.route->flags & kUploads) != 0;
  plan.body_bytes_max = plan.upload                                 ? UINT64_MAX
                        : match.route->accepts == Accepts::kNothing ? 64 * 1024
                        : (match.route->flags & kLargeBody) != 0
                            ? parts_.options.operation_body_bytes_max
                            : body_bytes_max_.load();
  return plan;
}

std::optional<Response> App::admit(const Route& route, Request& request) {
  if (auto refused = limited(route, request)) return refused;
  auto who = authenticate(request);
  if (!who) {
    if (route.access != Access::kPublic) return error_response(who.error());
  } else {
    request.principal = *who;
  }
  if (const Status status = authorise(route, request); !status.is_ok())
    return error_response(status);
  const bool counted = (route.flags & kScoring) == 0 && request.principal != nullptr;
  if (counted) {
    const std::int64_t wait_ms = key_limit_.take(request.principal->name, parts_.clock.mono_ns());
    if (wait_ms != 0) {
      count_refusal("rate_limited", {});
      return too_many("rate_limited", "this key asks too often", wait_ms);
    }
  }
  if (const Status status = check_type(route, request); !status.is_ok())
    return error_response(status, 415);
  return std::nullopt;
}

std::optional<Response> App::limited(const Route& route, const Request& request) {
  const std::int64_t now_ns = parts_.clock.mono_ns();
  std::int64_t wait_ms = 0;
  if ((route.flags & kScoring) == 0) wait_ms = address_limit_.take(request.address, now_ns);
  if (wait_ms == 0 && (route.flags & kLogin) != 0) {
    wait_ms = login_lock_.locked_ms(request.address, now_ns);
    if (wait_ms == 0) wait_ms = login_limit_.take(request.address, now_ns);
    if (wait_ms != 0) count_refusal("rate_limited", "rate_limited");
  } else if (wait_ms != 0) {
    count_refusal("rate_limited", {});
  }
  if (wait_ms == 0) return std::nullopt;
  return too_many("rate_limited", "this address asks too often", wait_ms);
}

Result<std::shared_ptr<const Principal>> App::authenticate(const Request& request) {
  const std::int64_t now_us = parts_.clock.wall_us();
  std::string_view key = request.header("x-api-key");
  const std::string_view bearer = request.header("authorization");
  if (key.empty() && bearer.size() > 7 && equals_ignoring_case(bearer.substr(0, 7), "bearer "))
    key = bearer.substr(7);
  if (!key.empty()) {
    auto who = authenticate_key(parts_.keys, key, request.address, now_us);
    if (!who)
      count_refusal("unauthenticated",
                    who.error().reason() == "key_expired" ? "expired" : "unknown_key");
    return who;
  }
  if (const std::string_view session = cookie(request, kSessionCookie); !session.empty()) {
    auto who = parts_.sessions.find(session, now_us);
    if (who) return who;
    count_refusal("unauthenticated", "expired");
    return fail(unauthenticated("session_expired", "the session is over; sign in again"));
  }
  return fail(unauthenticated("credentials_missing", "this route needs an API key or a session")
                  .hint("send 'authorization: Bearer weir_...' or 'x-api-key: weir_...'"));
}

Status App::authorise(const Route& route, const Request& request) {
  if (route.access == Access::kPublic) return Status::ok();
  const bool open_metrics = (route.flags & kMetricsRule) != 0 && metrics_public_;
  if (open_metrics) return Status::ok();
  CHECK(request.principal != nullptr);
  const Principal& who = *request.principal;
  const Role least = least_role(route.access);
  if (who.role < least) {
    count_refusal("forbidden", "role");
    return denied("role", "this needs the role " + std::string(role_name(least)) + "; " + who.name +
                              " is " + std::string(role_name(who.role)));
  }
  if ((who.scopes & (kScopeAll | route.scopes)) == 0) {
    count_refusal("forbidden", "role");
    return denied("scope",
                  "this key's scopes are '" + scope_names(who.scopes) + "'; the route needs '" +
                      scope_names(static_cast<std::uint8_t>(route.scopes | kScopeAll)) + "'");
  }
  if (!who.by_cookie || is_read(request.method)) return Status::ok();
  const std::string_view csrf = request.header("x-weir-csrf");
  if (!same_origin(request) || !equal_in_constant_time(as_bytes(csrf), as_bytes(who.csrf))) {
    count_refusal("forbidden", "origin");
    return denied("csrf", "a change by session needs the page's own origin and x-weir-csrf");
  }
  return Status::ok();
}

Status App::check_type(const Route& route, const Request& request) const {
  const std::string_view type = media_type(request.header("content-type"));
  if (type.empty() || route.accepts == Accepts::kNothing) return Status::ok();
  const auto accepted = accepted_types(route.accepts);
  const bool known = std::any_of(accepted.begin(), accepted.end(), [type](std::string_view one) {
    return equals_ignoring_case(one, type);
  });
  if (known) return Status::ok();
  std::string names;
  for (const std::string_view one : accepted)
    names += (names.empty() ? "" : ", ") + std::string(one);
  return invalid_argument("media_type", "'" + std::string(type) + "' is not taken here")
      .at("content-type")
      .hint("send " + names);
}

void App::on_request(Request& request, Responder responder) {
  const Route& route = *route_of(request);
  if (route.begin != nullptr) {
    Call call{parts_, request};
    return route.begin(call, std::move(responder));
  }
  const auto answer = [this, &route, &request, responder] {
    Call call{parts_, request};
    auto response = route.answer(call);
    responder.send(response ? std::move(*response) : error_response(response.error()));
  };
  if ((route.flags & kOnWorker) == 0) return answer();
  if (!parts_.workers.try_run(answer))
    responder.send(error_response(resource_exhausted("workers_busy", "too many open questions")));
}

std::shared_ptr<BodySink> App::on_upload(Request& request, Responder responder) {
  Call call{parts_, request};
  return route_of(request)->open(call, std::move(responder));
}

void App::on_reply(const Request& request, unsigned status, std::int64_t elapsed_ns) {
  const Route* route = route_of(request);
  const std::string_view name = route != nullptr ? route->name : "none";
  char code[4] = {static_cast<char>('0' + status / 100 % 10),
                  static_cast<char>('0' + status / 10 % 10), static_cast<char>('0' + status % 10),
                  0};
  parts_.metrics.counter(Metric::kHttpRequestsTotal, {name, std::string_view(code, 3)}).add();
  if (route == nullptr) return;
  seconds_[router_.index(*route)].observe(elapsed_ns);
  if ((route->flags & kLogin) != 0 && status == 401)
    login_lock_.failed(request.address, parts_.clock.mono_ns());
  if ((route->flags & kLogin) != 0 && status == 200) login_lock_.succeeded(request.address);
  if ((route->flags & kChanges) == 0) return;
  Call call{parts_, const_cast<Request&>(request)};
  parts_.audit.record(
      {.at_us = parts_.clock.wall_us(),
       .actor = call.actor(),
       .action = std::string(route->name),
       .object = std::string(method_name(request.method)) + " " + std::string(request.path()),
       .status = status});
  parts_.metrics.counter(Metric::kAuditEntriesTotal).add();
}

}  // namespace weir::server
