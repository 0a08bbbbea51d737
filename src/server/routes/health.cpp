// Probes and metrics: /healthz says the process lives, /readyz that it can serve, /metrics the
// rest.
#include <utility>

#include "base/json.hpp"
#include "server/app/route.hpp"
#include "server/operations/device_desk.hpp"

namespace weir::server {
namespace {

std::string health_json(const Health& health, bool details) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("status").string(health.ready ? "ready" : "not_ready");
  if (details) json.key("version").string(health.version).key("uptime_s").i64(health.uptime_s);
  json.key("components").begin_array();
  for (const Component& component : health.components) {
    json.begin_object().key("name").string(component.name);
    json.key("ready").boolean(component.ready).key("reason").string(component.reason).end_object();
  }
  json.end_array().end_object();
  return out;
}

Result<Response> get_healthz(Call&) {
  return json_response(200, "{\"status\":\"alive\"}");
}

// The pass, and the device where its loss is to be noticed.
Health health_of(Call& call) {
  Health health = call.parts.pass.health();
  if (call.parts.device.unready()) {
    health.ready = false;
    health.components.push_back({"device", false, "the device was lost"});
  }
  return health;
}

Result<Response> get_readyz(Call& call) {
  const Health health = health_of(call);
  Response response = json_response(health.ready ? 200 : 503, health_json(health, false));
  if (!health.ready) response.headers.emplace_back("retry-after", "1");
  return response;
}

Result<Response> get_health(Call& call) {
  return json_response(200, health_json(health_of(call), true));
}

Result<Response> get_metrics(Call& call) {
  Response response = json_response(200, {});
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  call.parts.metrics.write_prometheus(response.body);
  return response;
}

constexpr Route kRoutes[] = {
    {"healthz", Method::kGet, "/healthz", Access::kPublic, kScopeRead, kNone, Accepts::kNothing,
     get_healthz},
    {"readyz", Method::kGet, "/readyz", Access::kPublic, kScopeRead, kNone, Accepts::kNothing,
     get_readyz},
    {"health", Method::kGet, "/v1/health", Access::kViewer, kScopeRead, kNone, Accepts::kNothing,
     get_health},
    {"metrics", Method::kGet, "/metrics", Access::kViewer, kScopeRead, kOnWorker | kMetricsRule,
     Accepts::kNothing, get_metrics},
};

}  // namespace

std::span<const Route> health_routes() {
  return kRoutes;
}

}  // namespace weir::server
