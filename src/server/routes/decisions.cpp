// POST /v1/decisions decides events and answers their verdicts; GET reads verdicts back.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/time_text.hpp"
#include "server/app/refusal.hpp"
#include "server/app/route.hpp"
#include "server/app/worker_pool.hpp"
#include "server/routes/query.hpp"
#include "wire/ndjson.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kDecisionsMax = 10'000;
constexpr std::size_t kWorkerBodyBytes = 256 * 1024;

// What the client asked for and what its body held.
struct Asked {
  wire::EventBatch batch;
  std::vector<wire::JsonItemError> errors;  // indexes ascending
  bool single = false;
  Ack ack = Ack::kCommitted;
  Detail detail = Detail::kFull;
  bool shadow = false;
};

bool is_single(std::string_view body, std::string_view content_type) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || body[first] != '{') return false;
  if (content_type.find("ndjson") != std::string_view::npos) return false;
  return true;
}

Result<Asked> read_request(Call& call) {
  Asked asked;
  const Request& request = call.request;
  WEIR_ASSIGN(asked.ack, parse_ack(request));
  if (const auto explain = request.query("explain")) {
    if (*explain != "features")
      return fail(
          invalid_argument("explain", "explain=" + *explain + " is not known").at("explain"));
    asked.detail = Detail::kFeatures;
  }
  if (const auto mode = request.query("mode")) {
    if (*mode != "shadow" && *mode != "live")
      return fail(invalid_argument("mode", "mode=" + *mode + " is not known").at("mode"));
    asked.shadow = *mode == "shadow";
  }
  const std::string_view key = request.header("idempotency-key");
  wire::NdjsonReader reader(
      {.ids = call.parts.ids,
       .id_prefix = key.empty() ? call.parts.event_ids.next() : std::string(key),
       .items_max = kDecisionsMax});
  WEIR_TRY(reader.read(request.body, asked.batch, asked.errors));
  const std::size_t items = asked.batch.size() + asked.errors.size();
  asked.single = items == 1 && is_single(request.body, request.header("content-type"));
  if (items == 0) return fail(invalid_argument("body_empty", "the body holds no event"));
  return asked;
}

Status item_status(const wire::JsonItemError& error) {
  return refusal_status(error.code, error.field, error.line, error.message);
}

void append_verdict(std::string& out, std::string_view json, std::int64_t latency_us) {
  out += json.substr(0, json.size() - 1);
  out += ",\"latency_us\":";
  out += std::to_string(latency_us);
  out += '}';
}

// Renders rows and errors of the body in its order.
class ItemWriter {
 public:
  ItemWriter(const SubmitReply& reply, std::int64_t latency_us)
      : reply_(reply), latency_us_(latency_us) {}

  void append_row(std::string& out, std::size_t row) {
    if (const RefusedEvent* refused = refusal_of(row)) {
      append_refused_item(out, refused->event_id,
                          refusal_status(refused->refusal, refused->field, 0, refused->message));
    } else {
      append_verdict(out, reply_.json[row], latency_us_);
    }
  }
  // Rows are asked for in ascending order.
  const RefusedEvent* refusal_of(std::size_t row) {
    const auto& refusals = reply_.refusals;
    while (next_refusal_ < refusals.size() && refusals[next_refusal_].row < row) ++next_refusal_;
    const bool found = next_refusal_ < refusals.size() && refusals[next_refusal_].row == row;
    return found ? &refusals[next_refusal_] : nullptr;
  }

 private:
  const SubmitReply& reply_;
  const std::int64_t latency_us_;
  std::size_t next_refusal_ = 0;
};

Response render(const SubmitReply& reply, const std::vector<wire::JsonItemError>& errors,
                bool single, std::int64_t latency_us) {
  if (!reply.status.is_ok()) return error_response(reply.status);
  ItemWriter writer(reply, latency_us);
  if (single) {
    if (!errors.empty()) return error_response(item_status(errors.front()));
    if (const RefusedEvent* refused = writer.refusal_of(0))
      return error_response(refusal_status(refused->refusal, refused->field, 0, refused->message));
    std::string body;
    writer.append_row(body, 0);
    return json_response(200, std::move(body));
  }
  std::string body = "[";
  const std::size_t items = reply.verdicts.size() + errors.size();
  auto error = errors.begin();
  std::size_t row = 0;
  for (std::size_t i = 0; i < items; ++i) {
    if (i != 0) body += ',';
    if (error != errors.end() && error->index == i) {
      append_refused_item(body, error->event_id, item_status(*error));
      ++error;
    } else {
      writer.append_row(body, row++);
    }
  }
  body += ']';
  return json_response(200, std::move(body));
}

void decide(Call& call, const Responder& responder) {
  auto asked = read_request(call);
  if (!asked) return responder.send(error_response(asked.error()));
  Clock& clock = call.parts.clock;
  const std::int64_t received_ns = call.request.received_ns;
  if (asked->batch.size() == 0) return responder.send(render({}, asked->errors, asked->single, 0));
  Submission submission{.batch = std::move(asked->batch),
                        .ack = asked->ack,
                        .detail = asked->detail,
                        .shadow = asked->shadow,
                        .done = {}};
  submission.done = [responder, &clock, received_ns, single = asked->single,
                     errors = std::move(asked->errors)](SubmitReply&& reply) {
    const std::int64_t latency_us = (clock.mono_ns() - received_ns) / 1000;
    responder.send(render(reply, errors, single, latency_us));
  };
  call.parts.pass.submit(std::move(submission));
}

void post_decisions(Call& call, Responder responder) {
  if (call.request.body.size() < kWorkerBodyBytes) return decide(call, responder);
  const bool queued =
      call.parts.workers.try_run([call, responder]() mutable { decide(call, responder); });
  if (!queued)
    responder.send(error_response(resource_exhausted("workers_busy", "too many large bodies")));
}

Result<Response> get_decision(Call& call) {
  const bool features = call.request.query("explain").value_or("") == "features";
  WEIR_ASSIGN(std::string json, call.parts.pass.decision(call.request.param("id"), features));
  return json_response(200, std::move(json));
}

Result<Response> get_decisions(Call& call) {
  const Request& request = call.request;
  DecisionFilter filter;
  filter.entity = request.query("entity").value_or("");
  filter.outcome = request.query("outcome").value_or("");
  constexpr std::array<std::string_view, 5> kOutcomes = {"", "pass", "hold", "block", "alert"};
  if (std::find(kOutcomes.begin(), kOutcomes.end(), filter.outcome) == kOutcomes.end())
    return fail(invalid_argument("outcome", "outcome '" + filter.outcome + "' is not known")
                    .at("outcome")
                    .hint("pass, hold, block or alert"));
  WEIR_ASSIGN(filter.from_us, query_time(request, "from"));
  WEIR_ASSIGN(filter.to_us, query_time(request, "to"));
  WEIR_ASSIGN(filter.after_seq, query_number(request, "after", 0, UINT64_MAX, 0));
  WEIR_ASSIGN(const std::uint64_t limit, query_number(request, "limit", 1, 1000, 50));
  filter.limit = static_cast<std::uint32_t>(limit);
  WEIR_ASSIGN(const JsonPage page, call.parts.pass.decisions(filter));
  return page_response(page);
}

constexpr Route kRoutes[] = {
    {"decide", Method::kPost, "/v1/decisions", Access::kAnalyst, kScopeIngest, kScoring,
     Accepts::kJsonLines, nullptr, post_decisions},
    {"decisions", Method::kGet, "/v1/decisions", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_decisions},
    {"decision", Method::kGet, "/v1/decisions/{id}", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_decision},
};

}  // namespace

std::span<const Route> decisions_routes() {
  return kRoutes;
}

}  // namespace weir::server
