// /v1/replays: run the log again, as it was or against a candidate, and compare.
#include <utility>

#include "base/json.hpp"
#include "server/app/json_value.hpp"
#include "server/app/route.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kThresholdRowsMax = 64;

Result<double> read_level(const JsonValue& row, std::string_view name) {
  const JsonValue* level = row.find(name);
  const bool number = level != nullptr && (level->kind == JsonValue::Kind::kInteger ||
                                           level->kind == JsonValue::Kind::kNumber);
  if (!number || level->number < 0 || level->number > 9) {
    return fail(invalid_argument("number_range", std::string(name) + " is a tail from 0 to 9")
                    .at("candidate.thresholds." + std::string(name)));
  }
  return level->number;
}

// Reads [{"where":"type = 'transfer'","alert":4,"hold":5,"block":null}, ...].
Result<std::vector<ThresholdLevel>> read_thresholds(const JsonValue* table) {
  std::vector<ThresholdLevel> levels;
  if (table == nullptr || table->kind == JsonValue::Kind::kNull) return levels;
  if (!table->is_array() || table->items.empty() || table->items.size() > kThresholdRowsMax) {
    return fail(invalid_argument("field_type", "thresholds is a list of 1 to 64 rows")
                    .at("candidate.thresholds"));
  }
  for (const JsonValue& row : table->items) {
    ThresholdLevel& level = levels.emplace_back();
    WEIR_ASSIGN(level.where, row.text_or("where", {}));
    WEIR_ASSIGN(level.alert, read_level(row, "alert"));
    WEIR_ASSIGN(level.hold, read_level(row, "hold"));
    const JsonValue* block = row.find("block");
    if (block == nullptr || block->kind == JsonValue::Kind::kNull) continue;
    WEIR_ASSIGN(level.block, read_level(row, "block"));
  }
  return levels;
}

// Reads {"source":{"log":{"from":1,"to":9}},
// "candidate":{"rules":"...","models":3,"thresholds":[...]}}.
Result<ReplayRequest> read_request(std::string_view text) {
  ReplayRequest request;
  WEIR_ASSIGN(const JsonValue body, parse_json(text));
  if (const JsonValue* source = body.find("source")) {
    const JsonValue* log = source->find("log");
    if (log == nullptr)
      return fail(
          invalid_argument("field_missing", "the source of a replay is the log").at("source.log"));
    WEIR_ASSIGN(const std::int64_t from, log->whole_or("from", 0));
    WEIR_ASSIGN(const std::int64_t to, log->whole_or("to", 0));
    if (from < 0 || to < 0 || (to != 0 && to < from))
      return fail(
          invalid_argument("number_range", "from and to are heights, from <= to").at("source.log"));
    request.from = static_cast<std::uint64_t>(from);
    request.to = static_cast<std::uint64_t>(to);
  }
  if (const JsonValue* candidate = body.find("candidate")) {
    WEIR_ASSIGN(request.rules, candidate->text_or("rules", {}));
    WEIR_ASSIGN(const std::int64_t models, candidate->whole_or("models", 0));
    if (models < 0 || models > UINT32_MAX) {
      return fail(invalid_argument("number_range", "models is a version that the log holds")
                      .at("candidate.models"));
    }
    request.models = static_cast<std::uint32_t>(models);
    WEIR_ASSIGN(request.thresholds, read_thresholds(candidate->find("thresholds")));
  }
  return request;
}

Result<Response> post_replay(Call& call) {
  WEIR_ASSIGN(const ReplayRequest request, read_request(call.request.body));
  WEIR_ASSIGN(const std::string id, call.parts.pass.start_replay(request, call.actor()));
  std::string out;
  JsonWriter(out).begin_object().key("id").string(id).end_object();
  return json_response(202, std::move(out)).with("location", "/v1/replays/" + percent_encode(id));
}

Result<Response> get_replay(Call& call) {
  WEIR_ASSIGN(std::string json, call.parts.pass.replay(call.request.param("id")));
  return json_response(200, std::move(json));
}

Result<Response> get_changes(Call& call) {
  WEIR_ASSIGN(std::string json, call.parts.pass.replay_changes(call.request.param("id")));
  return json_response(200, std::move(json));
}

Result<Response> delete_replay(Call& call) {
  WEIR_TRY(call.parts.pass.cancel_replay(call.request.param("id"), call.actor()));
  return json_response(204, {});
}

constexpr Route kRoutes[] = {
    {"replay_start", Method::kPost, "/v1/replays", Access::kOperator, 0, kChanges | kOnWorker,
     Accepts::kJson, post_replay},
    {"replay", Method::kGet, "/v1/replays/{id}", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_replay},
    {"replay_changes", Method::kGet, "/v1/replays/{id}/changes", Access::kViewer, kScopeRead,
     kOnWorker, Accepts::kNothing, get_changes},
    {"replay_cancel", Method::kDelete, "/v1/replays/{id}", Access::kOperator, 0,
     kChanges | kOnWorker, Accepts::kNothing, delete_replay},
};

}  // namespace

std::span<const Route> replays_routes() {
  return kRoutes;
}

}  // namespace weir::server
