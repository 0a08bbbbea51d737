// /v1/config: the configuration in force, and its way in: check, then reload.
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "server/app/json_value.hpp"
#include "server/app/route.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kConfigTextMax = 1024 * 1024;

Result<Response> get_config(Call& call) {
  WEIR_ASSIGN(std::string json, call.parts.pass.config());
  return json_response(200, std::move(json));
}

// Returns a body of TOML, or the text of {"text":"..."}; nothing for an empty body.
Result<std::optional<std::string>> read_text(const Request& request) {
  if (request.body.empty()) return std::optional<std::string>();
  std::string text = request.body;
  if (request.header("content-type").starts_with("application/json")) {
    WEIR_ASSIGN(const JsonValue body, parse_json(request.body));
    WEIR_ASSIGN(text, body.text("text"));
  }
  if (text.size() > kConfigTextMax)
    return fail(out_of_range("config_too_long", "a configuration is at most 1 MiB"));
  return std::optional<std::string>(std::move(text));
}

void write_names(JsonWriter& json, std::string_view name, const std::vector<std::string>& names) {
  json.key(name).begin_array();
  for (const std::string& one : names) json.string(one);
  json.end_array();
}

Response review_response(const ConfigReview& review) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("version").u64(review.version);
  write_names(json, "applied", review.applied);
  write_names(json, "needs_restart", review.needs_restart);
  json.key("errors").begin_array();
  for (const ConfigProblem& problem : review.errors) {
    json.begin_object().key("key").string(problem.key).key("line").u64(problem.line);
    json.key("column").u64(problem.column).key("message").string(problem.message).end_object();
  }
  json.end_array().end_object();
  return json_response(review.errors.empty() ? 200 : 422, std::move(out));
}

Result<Response> check_config(Call& call) {
  WEIR_ASSIGN(const auto text, read_text(call.request));
  WEIR_ASSIGN(const ConfigReview review, call.parts.pass.check_config(text));
  return review_response(review);
}

Result<Response> reload_config(Call& call) {
  WEIR_ASSIGN(const ConfigReview review, call.parts.pass.reload_config(call.actor()));
  return review_response(review);
}

constexpr Route kRoutes[] = {
    {"config", Method::kGet, "/v1/config", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_config},
    {"config_check", Method::kPost, "/v1/config/check", Access::kOperator, kScopeRead, kOnWorker,
     Accepts::kText, check_config},
    {"config_reload", Method::kPost, "/v1/config/reload", Access::kOperator, 0,
     kChanges | kOnWorker, Accepts::kNothing, reload_config},
};

}  // namespace

std::span<const Route> config_routes() {
  return kRoutes;
}

}  // namespace weir::server
