// App: the application behind the HTTP server: routing, authentication, authorisation, limits,
// audit and metrics around the handlers of the route table.
//
//   App app(parts);
//   HttpServer server(options, app, clock);
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.hpp"
#include "server/app/parts.hpp"
#include "server/app/route.hpp"
#include "server/app/router.hpp"
#include "server/auth/rate_limit.hpp"
#include "server/http/application.hpp"

namespace weir::server {

inline constexpr std::string_view kSessionCookie = "weir_session";

// Returns the value of a cookie of the request, or empty.
std::string_view cookie(const Request& request, std::string_view name);

class App final : public Application {
 public:
  explicit App(Parts& parts, std::span<const Route> routes = route_table());

  BodyPlan on_header(Request& request) override;
  void on_request(Request& request, Responder responder) override;
  std::shared_ptr<BodySink> on_upload(Request& request, Responder responder) override;
  void on_reply(const Request& request, unsigned status, std::int64_t elapsed_ns) override;

  // Changes what AppOptions said at start. Thread-safe.
  void set_limits(std::uint64_t body_bytes_max, bool metrics_public);

 private:
  // Who asks: by key or cookie; null if neither was given.
  Result<std::shared_ptr<const Principal>> authenticate(const Request& request);
  Status authorise(const Route& route, const Request& request);
  std::optional<Response> admit(const Route& route, Request& request);
  std::optional<Response> limited(const Route& route, const Request& request);
  Status check_type(const Route& route, const Request& request) const;
  void count_refusal(std::string_view http_reason, std::string_view auth_reason);

  Parts& parts_;
  std::atomic<std::uint64_t> body_bytes_max_;
  std::atomic<bool> metrics_public_;
  Router router_;
  RateLimit key_limit_;
  RateLimit address_limit_;
  RateLimit login_limit_;
  Lockout login_lock_;
  std::vector<Histogram> seconds_;  // by route
};

}  // namespace weir::server
