// /v1/rules: the rule text in force, its hits, and the ways to change it.
#include <charconv>
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "server/app/json_value.hpp"
#include "server/app/route.hpp"
#include "server/routes/query.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kRuleTextMax = 1024 * 1024;

// Returns the rule text of a body: plain, or {"text":"..."}.
Result<std::string> read_text(const Request& request) {
  std::string text = request.body;
  if (request.header("content-type").starts_with("application/json")) {
    WEIR_ASSIGN(const JsonValue body, parse_json(request.body));
    WEIR_ASSIGN(text, body.text("text"));
  }
  if (text.size() > kRuleTextMax)
    return fail(out_of_range("rules_too_long", "a rule text is at most 1 MiB"));
  return text;
}

// Reads If-Match: 17 or "17"; absent: no guard.
Result<std::optional<std::uint32_t>> read_guard(const Request& request) {
  std::string_view text = request.header("if-match");
  if (text.empty() || text == "*") return std::optional<std::uint32_t>{};
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = text.substr(1, text.size() - 2);
  WEIR_ASSIGN(const std::uint64_t version, parse_number(text, "if-match"));
  if (version > UINT32_MAX)
    return fail(invalid_argument("number_range", "versions are smaller").at("if-match"));
  return std::optional<std::uint32_t>{static_cast<std::uint32_t>(version)};
}

Response changed_response(const Changed& changed) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("version").u64(changed.version);
  json.key("effective_height").u64(changed.effective_height).end_object();
  return json_response(200, std::move(out));
}

void write_rule(JsonWriter& json, const RuleInfo& rule) {
  json.begin_object();
  json.key("name").string(rule.name).key("action").string(rule.action);
  json.key("mode").string(rule.mode).key("hits").u64(rule.hits);
  const std::uint64_t labelled = rule.fraud_hits + rule.legit_hits;
  json.key("fraud_hits").u64(rule.fraud_hits).key("legit_hits").u64(rule.legit_hits);
  json.key("precision");
  if (labelled == 0)
    json.null();
  else
    json.f64(static_cast<double>(rule.fraud_hits) / static_cast<double>(labelled));
  json.key("value").string(rule.value).end_object();
}

Result<Response> get_rules(Call& call) {
  WEIR_ASSIGN(const RulesView view, call.parts.pass.rules());
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("version").u64(view.version).key("sha256").string(view.sha256);
  json.key("author").string(view.author).key("text").string(view.text);
  json.key("rules").begin_array();
  for (const RuleInfo& rule : view.rules) write_rule(json, rule);
  json.end_array().end_object();
  return json_response(200, std::move(out))
      .with("etag", "\"" + std::to_string(view.version) + "\"");
}

Result<Response> put_rules(Call& call) {
  WEIR_ASSIGN(const std::string text, read_text(call.request));
  WEIR_ASSIGN(const auto guard, read_guard(call.request));
  const auto changed = call.parts.pass.put_rules(text, guard, call.actor());
  if (!changed && changed.error().reason() == "rules_invalid")
    return error_response(changed.error(), 422);
  WEIR_TRY(changed);
  return changed_response(*changed);
}

Result<Response> check_rules(Call& call) {
  WEIR_ASSIGN(const std::string text, read_text(call.request));
  WEIR_ASSIGN(const RulesChecked checked, call.parts.pass.check_rules(text));
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("ok").boolean(checked.problems.empty());
  json.key("rules").u64(checked.rules).key("windows").u64(checked.windows);
  json.key("bytes_per_key").u64(checked.bytes_per_key).key("coverage").begin_array();
  for (const std::string& line : checked.coverage) json.string(line);
  json.end_array().key("problems").begin_array();
  for (const Problem& problem : checked.problems) {
    json.begin_object().key("line").u64(problem.line).key("column").u64(problem.column);
    json.key("message").string(problem.message).key("hint").string(problem.hint).end_object();
  }
  json.end_array().end_object();
  return json_response(checked.problems.empty() ? 200 : 422, std::move(out));
}

Result<Response> try_rules(Call& call) {
  WEIR_ASSIGN(const std::string text, read_text(call.request));
  auto report = call.parts.pass.try_rules(text);
  if (!report && report.error().reason() == "rules_invalid")
    return error_response(report.error(), 422);
  WEIR_TRY(report);
  return json_response(200, std::move(*report));
}

Result<Response> roll_back(Call& call) {
  WEIR_ASSIGN(const JsonValue body, parse_json(call.request.body));
  WEIR_ASSIGN(const std::int64_t version, body.whole("version"));
  if (version < 1 || version > UINT32_MAX)
    return fail(invalid_argument("number_range", "a version is 1 or more").at("version"));
  WEIR_ASSIGN(const Changed changed,
              call.parts.pass.rollback_rules(static_cast<std::uint32_t>(version), call.actor()));
  return changed_response(changed);
}

constexpr Route kRoutes[] = {
    {"rules", Method::kGet, "/v1/rules", Access::kViewer, kScopeRead, kOnWorker, Accepts::kNothing,
     get_rules},
    {"rules_put", Method::kPut, "/v1/rules", Access::kOperator, 0, kChanges | kOnWorker,
     Accepts::kText, put_rules},
    {"rules_check", Method::kPost, "/v1/rules/check", Access::kAnalyst, kScopeRead, kOnWorker,
     Accepts::kText, check_rules},
    {"rules_try", Method::kPost, "/v1/rules/try", Access::kAnalyst, kScopeRead, kOnWorker,
     Accepts::kText, try_rules},
    {"rules_rollback", Method::kPost, "/v1/rules/rollback", Access::kOperator, 0,
     kChanges | kOnWorker, Accepts::kJson, roll_back},
};

}  // namespace

std::span<const Route> rules_routes() {
  return kRoutes;
}

}  // namespace weir::server
