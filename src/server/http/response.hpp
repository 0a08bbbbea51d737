// Response: status, headers and body of one reply, and the one shape of every error.
//
//   return json_response(200, body);
//   return error_response(not_found("event_unknown", "no event t-1"));
//
// Error body: {"error":{"code","reason","message","details":{"field","line","column","hint"}}}.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.hpp"

namespace weir::server {

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // sent instead of `body` if set; for assets
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  bool close = false;                                        // close the connection afterwards

  Response&& with(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
};

std::string_view status_phrase(unsigned status);
Response json_response(unsigned status, std::string body);
Response text_response(unsigned status, std::string body);

// Renders {"error":{...}}: the body of error_response, also an item in arrays of verdicts.
std::string error_json(const Status& status);
// Renders the inner object {"code",...} only.
void append_error(std::string& out, const Status& status);
// Uses http_status(code) unless `status` is given; 429 and 503 carry Retry-After, 401
// WWW-Authenticate.
Response error_response(const Status& error, unsigned status = 0);

// Appends the head of a reply up to and including the empty line. `content_length` < 0 leaves the
// length out: the body ends with the connection.
void append_head(std::string& out, const Response& response, std::string_view request_id,
                 std::int64_t content_length, bool keep_alive);

}  // namespace weir::server
