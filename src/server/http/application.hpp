// Application: what a server does with requests; the HTTP side knows nothing of routes or keys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "server/http/request.hpp"
#include "server/http/responder.hpp"
#include "server/http/response.hpp"

namespace weir::server {

// Decided from the header alone, before a byte of the body is read.
struct BodyPlan {
  std::optional<Response> refuse;  // answered at once
  std::uint64_t body_bytes_max = 0;
  bool upload = false;  // the body goes to the sink of on_upload
};

// All members are called on I/O threads and must not block. `request` lives until the reply is
// sent.
class Application {
 public:
  virtual ~Application() = default;
  virtual BodyPlan on_header(Request& request) = 0;
  virtual void on_request(Request& request, Responder responder) = 0;
  virtual std::shared_ptr<BodySink> on_upload(Request& request, Responder responder) = 0;
  // A reply with `status` is about to be sent, `elapsed_ns` after the request was read. Requests
  // that never became one (bad bytes, timeouts) are reported without a route.
  virtual void on_reply(const Request& request, unsigned status, std::int64_t elapsed_ns) = 0;
};

}  // namespace weir::server
