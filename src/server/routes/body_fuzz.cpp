// Any bytes as the body of any route: the handler answers once, never with an internal error, and
// whatever it quotes of the body its reply is JSON where it says so.
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "server/app/json_value.hpp"
#include "server/testing/answer_body.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static weir::server::BodyAnswerer answerer;
  const auto reply = answerer.answer({reinterpret_cast<const char*>(data), size});
  if (!reply) return -1;  // libFuzzer then does not keep the input
  CHECK_NE(reply->status, 500U);
  if (reply->content_type == "application/json" && !reply->body.empty())
    CHECK(weir::server::parse_json(reply->body).has_value());
  if (reply->content_type == "application/x-ndjson") CHECK(reply->body.ends_with("}\n"));
  return 0;
}
