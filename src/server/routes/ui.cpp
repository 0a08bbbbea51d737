// The console's files. Paths that name no file are places inside the page: they answer index.html.
#include <utility>

#include "server/app/route.hpp"
#include "server/assets/asset_store.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'none'";

Response asset_response(const Request& request, const Asset& asset) {
  Response response;
  response.content_type = asset.type;
  const bool zipped = request.header("accept-encoding").find("gzip") != std::string_view::npos;
  response.headers = {{"etag", asset.etag},
                      {"cache-control", "no-cache"},
                      {"vary", "accept-encoding"},
                      {"content-security-policy", std::string(kPolicy)},
                      {"referrer-policy", "no-referrer"}};
  if (request.header("if-none-match") == asset.etag) {
    response.status = 304;
    return response;
  }
  if (zipped) response.headers.emplace_back("content-encoding", "gzip");
  response.shared_body = zipped ? asset.gzip : asset.plain;
  return response;
}

Result<Response> get_ui(Call& call) {
  const AssetStore& assets = call.parts.assets;
  const Asset* asset = assets.find(call.request.param("path"));
  if (asset == nullptr) asset = assets.find("index.html");
  if (asset == nullptr) return fail(not_found("console_missing", "no console in this build"));
  return asset_response(call.request, *asset);
}

Result<Response> get_root(Call&) {
  return json_response(302, {}).with("location", "/ui/");
}

constexpr Route kRoutes[] = {
    {"root", Method::kGet, "/", Access::kPublic, kScopeRead, kNone, Accepts::kNothing, get_root},
    {"ui_root", Method::kGet, "/ui", Access::kPublic, kScopeRead, kNone, Accepts::kNothing,
     get_root},
    {"ui", Method::kGet, "/ui/{path...}", Access::kPublic, kScopeRead, kNone, Accepts::kNothing,
     get_ui},
};

}  // namespace

std::span<const Route> ui_routes() {
  return kRoutes;
}

}  // namespace weir::server
