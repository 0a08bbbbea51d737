// Route: one row of the route table, and the call a handler gets. A new route is one file in
// routes/ that returns its rows, and one line in routes/table.cpp.
//
//   Result<Response> get_windows(Call& call) {
//     WEIR_ASSIGN(const std::string windows, call.parts.pass.windows());
//     return json_response(200, windows);
//   }
//   constexpr Route kRoutes[] = {
//     {"windows", Method::kGet, "/v1/windows", Access::kViewer, kScopeRead, kOnWorker,
//      Accepts::kNothing, get_windows}};
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "server/app/parts.hpp"
#include "server/auth/principal.hpp"
#include "server/http/request.hpp"
#include "server/http/responder.hpp"
#include "server/http/response.hpp"

namespace weir::server {

// Who may call: anybody, or the least role.
enum class Access : std::uint8_t { kPublic, kViewer, kAnalyst, kOperator, kAdmin };

enum RouteFlags : std::uint8_t {
  kNone = 0,
  kChanges = 1,       // changes something: writes exactly one audit entry a call, refused ones too
  kOnWorker = 2,      // the handler may take long: it runs on the worker pool
  kScoring = 4,       // bounded by back-pressure, not by count
  kUploads = 8,       // the body is streamed to `open` and has no size limit
  kLogin = 16,        // guarded by the login limits
  kMetricsRule = 32,  // public if the operator said so
  kLargeBody = 64,    // the body may have operation_body_bytes_max
};

// What the body may be; anything else is 415.
enum class Accepts : std::uint8_t { kNothing, kJson, kJsonLines, kEvents, kText, kEntries };

struct Call {
  Parts& parts;
  Request& request;
  const Principal& who() const;
  // Who asks, in the words of control records and the audit trail.
  Actor actor() const;
};

struct Route {
  std::string_view name;  // label of metrics: bounded
  Method method;
  std::string_view pattern;  // "/v1/lists/{name}/entries"
  Access access;
  std::uint8_t scopes;  // a key needs one of these, or kScopeAll
  std::uint8_t flags;
  Accepts accepts;
  Result<Response> (*answer)(Call& call) = nullptr;
  void (*begin)(Call& call, Responder responder) = nullptr;  // answers later
  std::shared_ptr<BodySink> (*open)(Call& call, Responder responder) = nullptr;
};

// Returns every route of the server, in the table's order.
std::span<const Route> route_table();

}  // namespace weir::server
