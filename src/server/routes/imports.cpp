// POST /v1/imports/preview shows what an import would make of a file's first 64 KiB; it changes
// nothing.
#include <utility>

#include "server/app/route.hpp"
#include "server/ingest/preview.hpp"

namespace weir::server {
namespace {

Result<Response> post_preview(Call& call) {
  UploadOptions options;
  options.preset = call.request.query("preset").value_or("");
  options.mapping = call.request.query("map").value_or("");
  options.id_prefix = "preview";
  options.wall_us = call.parts.clock.wall_us();
  WEIR_ASSIGN(std::string json, preview_json(call.request.body, options));
  return json_response(200, std::move(json));
}

constexpr Route kRoutes[] = {
    {"imports_preview", Method::kPost, "/v1/imports/preview", Access::kAnalyst, kScopeIngest,
     kOnWorker, Accepts::kEvents, post_preview},
};

}  // namespace

std::span<const Route> imports_routes() {
  return kRoutes;
}

}  // namespace weir::server
