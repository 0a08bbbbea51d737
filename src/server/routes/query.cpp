#include "server/routes/query.hpp"

#include <charconv>

#include "base/json.hpp"
#include "base/time_text.hpp"

namespace weir::server {

Result<std::uint64_t> parse_number(std::string_view text, std::string_view name) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end)
    return fail(
        invalid_argument("number_format", "'" + std::string(text) + "' is not a number").at(name));
  return value;
}

Result<std::uint64_t> query_number(const Request& request, std::string_view name,
                                   std::uint64_t least, std::uint64_t most,
                                   std::uint64_t fallback) {
  const auto text = request.query(name);
  if (!text) return fallback;
  WEIR_ASSIGN(const std::uint64_t value, parse_number(*text, name));
  if (value < least || value > most)
    return fail(invalid_argument("number_range", std::string(name) + " must be from " +
                                                     std::to_string(least) + " to " +
                                                     std::to_string(most))
                    .at(name));
  return value;
}

Result<std::optional<std::int64_t>> query_time(const Request& request, std::string_view name) {
  const auto text = request.query(name);
  if (!text) return std::optional<std::int64_t>{};
  std::int64_t micros = 0;
  if (!parse_time(*text, micros))
    return fail(invalid_argument("date_format", "'" + *text + "' is not a time")
                    .at(name)
                    .hint("write 2026-11-21T04:00:00Z"));
  return std::optional<std::int64_t>{micros};
}

Result<Ack> parse_ack(const Request& request) {
  const auto text = request.query("ack");
  if (!text || *text == "committed") return Ack::kCommitted;
  if (*text == "received") return Ack::kReceived;
  if (*text == "decided") return Ack::kDecided;
  if (*text == "final") return Ack::kFinal;
  return fail(invalid_argument("ack", "ack=" + *text + " is not known")
                  .at("ack")
                  .hint("received, decided, committed or final"));
}

Response page_response(const JsonPage& page) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("items").begin_array();
  for (const std::string& item : page.items) json.raw(item);
  json.end_array().key("next");
  if (page.next_seq == 0)
    json.null();
  else
    json.u64_string(page.next_seq);
  json.end_object();
  return json_response(200, std::move(body));
}

}  // namespace weir::server
