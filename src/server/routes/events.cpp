// POST /v1/events takes any number of events in one streamed body and answers what became of them.
#include <utility>

#include "server/app/route.hpp"
#include "server/app/worker_pool.hpp"
#include "server/ingest/body_pipe.hpp"
#include "server/ingest/upload.hpp"
#include "server/routes/query.hpp"

namespace weir::server {
namespace {

UploadFormat format_of(std::string_view content_type) {
  if (content_type.starts_with("text/csv")) return UploadFormat::kCsv;
  if (content_type.starts_with("application/x-weir")) return UploadFormat::kFrames;
  return UploadFormat::kGuess;
}

Result<UploadOptions> read_options(Call& call) {
  const Request& request = call.request;
  UploadOptions options;
  WEIR_ASSIGN(options.ack, parse_ack(request));
  options.preset = request.query("preset").value_or("");
  options.mapping = request.query("map").value_or("");
  options.format = format_of(request.header("content-type"));
  if (!options.preset.empty() || !options.mapping.empty()) options.format = UploadFormat::kCsv;
  const std::string_view key = request.header("idempotency-key");
  options.id_prefix = key.empty() ? call.parts.event_ids.next() : std::string(key);
  options.ids = call.parts.ids;
  options.wall_us = call.parts.clock.wall_us();
  return options;
}

Response summary_response(const UploadSummary& summary) {
  if (summary.status.is_ok()) return json_response(200, upload_json(summary));
  // What was accepted before the failure stays; the reply says both.
  Response response = error_response(summary.status);
  response.body.pop_back();
  response.body += ",\"progress\":" + upload_json(summary) + "}";
  return response;
}

std::shared_ptr<BodySink> open_events(Call& call, Responder responder) {
  auto options = read_options(call);
  if (!options) {
    responder.send(error_response(options.error()));
    return nullptr;
  }
  auto pipe = std::make_shared<BodyPipe>();
  PassService& pass = call.parts.pass;
  const auto job = [pipe, responder, &pass, options = std::move(*options)] {
    responder.send(summary_response(run_upload(BodyPipe::reader(pipe), options, pass)));
  };
  if (!call.parts.uploads.try_run(job)) {
    responder.send(error_response(resource_exhausted("uploads_max", "too many uploads at a time")));
    return nullptr;
  }
  return pipe;
}

constexpr Route kRoutes[] = {
    {"events", Method::kPost, "/v1/events", Access::kAnalyst, kScopeIngest, kScoring | kUploads,
     Accepts::kEvents, nullptr, nullptr, open_events},
};

}  // namespace

std::span<const Route> events_routes() {
  return kRoutes;
}

}  // namespace weir::server
