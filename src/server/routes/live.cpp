// What is happening now: the overview and the live stream.
#include <utility>

#include "server/app/overview.hpp"
#include "server/app/route.hpp"
#include "server/sse/hub.hpp"

namespace weir::server {
namespace {

Result<Response> get_overview(Call& call) {
  return json_response(200, overview_json(call.parts.pass.overview()))
      .with("cache-control", "no-store");
}

Result<Subscription> read_subscription(const Request& request) {
  Subscription subscription;
  if (const auto names = request.query("topics")) {
    const auto topics = parse_topics(*names);
    if (!topics)
      return fail(
          invalid_argument("topics", "'" + *names + "' names an unknown topic")
              .at("topics")
              .hint("verdict, alert, incident, block, metrics, notice, rollout, config, device"));
    if (*topics != 0) subscription.topics = *topics;
  }
  subscription.passes = request.query("all").value_or("") == "1";
  std::string last(request.header("last-event-id"));
  if (last.empty()) last = request.query("last_event_id").value_or("");
  if (last.empty()) return subscription;
  subscription.after = parse_stream_id(last);
  if (!subscription.after)
    return fail(invalid_argument("last_event_id", "'" + last + "' is not an id of this stream")
                    .at("last-event-id"));
  return subscription;
}

void get_stream(Call& call, Responder responder) {
  const auto subscription = read_subscription(call.request);
  if (!subscription) return responder.send(error_response(subscription.error()));
  auto source = call.parts.hub.subscribe(*subscription);
  if (source == nullptr)
    return responder.send(error_response(
        resource_exhausted("stream_clients_max", "too many clients follow the stream")));
  responder.stream(SseHub::head(), std::move(source));
}

constexpr Route kRoutes[] = {
    {"overview", Method::kGet, "/v1/overview", Access::kViewer, kScopeRead, kNone,
     Accepts::kNothing, get_overview},
    {"stream", Method::kGet, "/v1/stream", Access::kViewer, kScopeRead, kNone, Accepts::kNothing,
     nullptr, get_stream},
};

}  // namespace

std::span<const Route> live_routes() {
  return kRoutes;
}

}  // namespace weir::server
