// /v1/blocks: headers, bodies and inclusion proofs of committed blocks.
#include <utility>

#include "server/app/route.hpp"
#include "server/routes/query.hpp"

namespace weir::server {
namespace {

Result<std::uint64_t> read_height(const Request& request) {
  WEIR_ASSIGN(const std::uint64_t height, parse_number(request.param("height"), "height"));
  if (height == 0) return fail(invalid_argument("number_range", "heights start at 1").at("height"));
  return height;
}

bool wants_events(const Request& request) {
  return request.query("events").value_or("") == "1";
}

Result<Response> get_blocks(Call& call) {
  WEIR_ASSIGN(const std::uint64_t from, query_number(call.request, "from", 1, UINT64_MAX, 1));
  WEIR_ASSIGN(const std::uint64_t limit, query_number(call.request, "limit", 1, 1000, 50));
  WEIR_ASSIGN(const JsonPage page, call.parts.pass.blocks(from, static_cast<std::uint32_t>(limit)));
  return page_response(page);
}

Result<Response> get_latest(Call& call) {
  WEIR_ASSIGN(std::string json, call.parts.pass.block(0, wants_events(call.request)));
  return json_response(200, std::move(json));
}

Result<Response> get_block(Call& call) {
  WEIR_ASSIGN(const std::uint64_t height, read_height(call.request));
  WEIR_ASSIGN(std::string json, call.parts.pass.block(height, wants_events(call.request)));
  return json_response(200, std::move(json));
}

Result<Response> get_proof(Call& call) {
  WEIR_ASSIGN(const std::uint64_t height, read_height(call.request));
  const std::string id = call.request.query("id").value_or("");
  if (id.empty())
    return fail(invalid_argument("field_missing", "id names the event to prove").at("id"));
  WEIR_ASSIGN(std::string json, call.parts.pass.proof(height, id));
  return json_response(200, std::move(json));
}

constexpr Route kRoutes[] = {
    {"blocks", Method::kGet, "/v1/blocks", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_blocks},
    {"block_latest", Method::kGet, "/v1/blocks/latest", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_latest},
    {"block", Method::kGet, "/v1/blocks/{height}", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_block},
    {"block_proof", Method::kGet, "/v1/blocks/{height}/proof", Access::kViewer, kScopeRead,
     kOnWorker, Accepts::kNothing, get_proof},
};

}  // namespace

std::span<const Route> blocks_routes() {
  return kRoutes;
}

}  // namespace weir::server
