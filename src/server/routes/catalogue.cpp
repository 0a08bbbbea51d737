// What the pass computes with: windows, features, the profile of an entity.
#include <optional>
#include <utility>

#include "server/app/route.hpp"
#include "server/routes/query.hpp"

namespace weir::server {
namespace {

Result<Response> get_windows(Call& call) {
  WEIR_ASSIGN(std::string json, call.parts.pass.windows());
  return json_response(200, std::move(json));
}

Result<Response> get_features(Call& call) {
  WEIR_ASSIGN(std::string json, call.parts.pass.features());
  return json_response(200, std::move(json));
}

Result<Response> get_entity(Call& call) {
  std::optional<std::uint64_t> as_of;
  if (call.request.query("as_of")) {
    WEIR_ASSIGN(const std::uint64_t seq, query_number(call.request, "as_of", 1, UINT64_MAX, 1));
    as_of = seq;
  }
  WEIR_ASSIGN(std::string json,
              call.parts.pass.entity(call.request.param("kind"), call.request.param("id"), as_of));
  return json_response(200, std::move(json));
}

constexpr Route kRoutes[] = {
    {"windows", Method::kGet, "/v1/windows", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_windows},
    {"features", Method::kGet, "/v1/features", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_features},
    {"entity", Method::kGet, "/v1/entities/{kind}/{id}", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_entity},
};

}  // namespace

std::span<const Route> catalogue_routes() {
  return kRoutes;
}

}  // namespace weir::server
