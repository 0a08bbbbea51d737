// /v1/ops: the named operations, what they take, and running them.
#include <utility>

#include "base/json.hpp"
#include "ops/registry.hpp"
#include "server/app/route.hpp"
#include "server/operations/operation_service.hpp"
#include "server/operations/stream_session.hpp"

namespace weir::server {
namespace {

void write_backends(JsonWriter& json, const ops::OpEntry& entry) {
  json.key("backends").begin_array();
  for (const auto kind : {device::Kind::kCpu, device::Kind::kSim, device::Kind::kCuda}) {
    if (entry.has(kind)) json.string(device::kind_name(kind));
  }
  json.end_array();
}

void write_ops(JsonWriter& json, const Operation& operation) {
  json.key("ops").begin_array();
  for (const std::string_view name : operation.ops) {
    const ops::OpEntry* entry = ops::find_op(name);
    if (entry == nullptr) continue;
    json.begin_object().key("name").string(name).key("version").u64(entry->info.version);
    json.key("class").string(ops::numeric_class_name(entry->info.numeric));
    if (!entry->info.tolerance.empty()) json.key("tolerance").string(entry->info.tolerance);
    write_backends(json, *entry);
    json.end_object();
  }
  json.end_array();
}

Result<Response> list_operations(Call&) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("operations").begin_array();
  for (const Operation* operation : operations()) {
    json.begin_object().key("name").string(operation->name);
    json.key("summary").string(operation->summary);
    json.key("streams").boolean(operation->stream.open != nullptr);
    write_ops(json, *operation);
    json.end_object();
  }
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

Result<Response> describe_operation(Call& call) {
  const std::string& name = call.request.param("name");
  const Operation* operation = find_operation(name);
  if (operation == nullptr) {
    return fail(operation_unknown(name));
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("name").string(operation->name);
  json.key("summary").string(operation->summary);
  json.key("parameters").raw(operation->parameters).key("example").raw(operation->example);
  const bool streams = operation->stream.open != nullptr;
  json.key("streams").boolean(streams);
  if (streams) json.key("row").string(operation->stream.row);
  write_ops(json, *operation);
  json.key("limits").begin_object();
  json.key("body_bytes_max").u64(call.parts.options.operation_body_bytes_max);
  json.key("matrix_side_max").u64(kMatrixSideMax);
  if (streams) {
    const StreamLimits& limits = call.parts.operations.limits().stream;
    json.key("line_bytes_max").u64(limits.line_bytes_max);
    json.key("held_bytes_max").u64(limits.held_bytes_max);
    json.key("chunk_rows").u64(limits.chunk_rows).key("chunk_bytes").u64(limits.chunk_bytes);
  }
  json.end_object().end_object();
  return json_response(200, std::move(out));
}

// A body beyond this is not read on an I/O thread just to learn its priority.
constexpr std::size_t kPriorityBodyMax = 64 * 1024;

// Returns the priority that the options ask for; what cannot be read is refused when it runs.
device::Priority priority_of(const Call& call) {
  if (call.request.body.size() > kPriorityBodyMax) return device::Priority::kNormal;
  const auto text = ParamsText::parse(call.request.body);
  if (!text) return device::Priority::kNormal;
  const auto options = read_options(text->root(), call.parts.clock);
  return options ? options->run.priority : device::Priority::kNormal;
}

void run_operation(Call& call, Responder responder) {
  OperationService& service = call.parts.operations;
  const device::Priority priority = priority_of(call);
  const std::size_t body_bytes = call.request.body.size();
  const Status queued = service.submit(
      priority,
      [&service, name = call.request.param("name"), body = std::move(call.request.body),
       id = call.request.id, arrived_ns = call.parts.clock.mono_ns(), responder] {
        OperationReply reply = service.answer(name, body, id, arrived_ns);
        Response response = json_response(reply.http_status, std::move(reply.body));
        if (reply.http_status == 429 || reply.http_status == 503) {
          response.headers.emplace_back("retry-after", "1");
        }
        responder.send(std::move(response));
      },
      body_bytes);
  if (queued.is_ok()) return;
  Response response = json_response(429, failure_json(queued, call.request.id));
  response.headers.emplace_back("retry-after", "1");
  responder.send(std::move(response));
}

std::shared_ptr<BodySink> stream_operation(Call& call, Responder responder) {
  auto session = StreamSession::open({.service = call.parts.operations,
                                      .metrics = call.parts.metrics,
                                      .name = call.request.param("name"),
                                      .request_id = call.request.id},
                                     std::move(responder));
  return session == nullptr ? nullptr : StreamSession::sink(std::move(session));
}

constexpr Route kRoutes[] = {
    {"operations", Method::kGet, "/v1/ops", Access::kViewer, kScopeRead, kNone, Accepts::kNothing,
     list_operations},
    {"operation", Method::kGet, "/v1/ops/{name}", Access::kViewer, kScopeRead, kNone,
     Accepts::kNothing, describe_operation},
    {"operation_run", Method::kPost, "/v1/ops/{name}", Access::kAnalyst, kScopeRead, kLargeBody,
     Accepts::kJson, nullptr, run_operation},
    {"operation_stream", Method::kPost, "/v1/ops/{name}/stream", Access::kAnalyst, kScopeRead,
     kUploads, Accepts::kJsonLines, nullptr, nullptr, stream_operation},
};

}  // namespace

std::span<const Route> operations_routes() {
  return kRoutes;
}

}  // namespace weir::server
