// /v1/device, /api/v11/gpu/health, /gpu/status, /metrics/dcgm: the device that operations run on.
#include <utility>

#include "base/json.hpp"
#include "server/app/route.hpp"
#include "server/operations/device_desk.hpp"

namespace weir::server {
namespace {

Result<Response> get_device(Call& call) {
  return json_response(200, call.parts.device.device_json());
}

Result<Response> get_gpu_health(Call& call) {
  DeviceDesk::Health health = call.parts.device.gpu_health();
  const auto strict = call.request.query("strict");
  const bool failed = strict && *strict == "1" && !health.ok;
  return json_response(failed ? 503 : 200, std::move(health.json));
}

Result<Response> get_gpu_status(Call& call) {
  return json_response(200, call.parts.device.status_json());
}

Result<Response> get_dcgm_page(Call& call) {
  if (!call.parts.options.dcgm_page) {
    return fail(not_found("dcgm_page", "the page is off").hint("set metrics.dcgm_page = true"));
  }
  Response response = json_response(200, call.parts.device.dcgm_page());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

Result<Response> get_reservations(Call& call) {
  return json_response(200, call.parts.device.reservations_json());
}

Result<Response> post_reservation(Call& call) {
  WEIR_ASSIGN(const ParamsText text, ParamsText::parse(call.request.body));
  auto reserved = call.parts.device.reserve(text.root());
  if (reserved) return json_response(201, std::move(*reserved));
  if (reserved.error().code() != Code::kResourceExhausted) return fail(reserved.error());
  std::string out;
  JsonWriter json(out);
  std::string error;
  append_error(error, reserved.error());
  json.begin_object().key("error").raw(error);
  json.key("conflicts").raw(call.parts.device.conflicts_json()).end_object();
  return json_response(429, std::move(out)).with("retry-after", "1");
}

Result<Response> delete_reservation(Call& call) {
  WEIR_TRY(call.parts.device.release(call.request.param("id")));
  return json_response(204, {});
}

constexpr Route kRoutes[] = {
    {"device", Method::kGet, "/v1/device", Access::kViewer, kScopeRead, kNone, Accepts::kNothing,
     get_device},
    {"metrics_dcgm", Method::kGet, "/metrics/dcgm", Access::kViewer, kScopeRead, kMetricsRule,
     Accepts::kNothing, get_dcgm_page},
    {"device_reservations", Method::kGet, "/v1/device/reservations", Access::kViewer, kScopeRead,
     kNone, Accepts::kNothing, get_reservations},
    {"device_reserve", Method::kPost, "/v1/device/reservations", Access::kOperator, kScopeAll,
     kChanges, Accepts::kJson, post_reservation},
    {"device_release", Method::kDelete, "/v1/device/reservations/{id}", Access::kOperator,
     kScopeAll, kChanges, Accepts::kNothing, delete_reservation},
    {"gpu_health", Method::kGet, "/api/v11/gpu/health", Access::kViewer, kScopeRead, kNone,
     Accepts::kNothing, get_gpu_health},
    {"gpu_status", Method::kGet, "/gpu/status", Access::kViewer, kScopeRead, kNone,
     Accepts::kNothing, get_gpu_status},
};

}  // namespace

std::span<const Route> device_routes() {
  return kRoutes;
}

}  // namespace weir::server
