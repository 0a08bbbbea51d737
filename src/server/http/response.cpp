#include "server/http/response.hpp"

#include <charconv>

#include "base/json.hpp"

namespace weir::server {
namespace {

void append_number(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

// Drops what could end a header line early: values may carry text from requests.
void append_field_value(std::string& out, std::string_view value) {
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
}

}  // namespace

std::string_view status_phrase(unsigned status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

Response json_response(unsigned status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Response text_response(unsigned status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

void append_error(std::string& out, const Status& status) {
  const Status::Error& error = status.error();
  JsonWriter json(out);
  json.begin_object();
  json.key("code").string(code_name(error.code));
  json.key("reason").string(error.reason);
  json.key("message").string(error.message);
  json.key("details").begin_object();
  if (!error.field.empty()) json.key("field").string(error.field);
  if (error.line != 0) json.key("line").u64(error.line);
  if (error.column != 0) json.key("column").u64(error.column);
  if (!error.hint.empty()) json.key("hint").string(error.hint);
  json.end_object().end_object();
}

std::string error_json(const Status& status) {
  std::string out = "{\"error\":";
  append_error(out, status);
  out += '}';
  return out;
}

Response error_response(const Status& error, unsigned status) {
  Response response = json_response(status != 0 ? status : http_status(error.code()), {});
  response.body = error_json(error);
  if (response.status == 429 || response.status == 503)
    response.headers.emplace_back("retry-after", "1");
  if (response.status == 401)
    response.headers.emplace_back("www-authenticate", "Bearer realm=\"weir\"");
  return response;
}

void append_head(std::string& out, const Response& response, std::string_view request_id,
                 std::int64_t content_length, bool keep_alive) {
  out += "HTTP/1.1 ";
  append_number(out, response.status);
  out += ' ';
  out += status_phrase(response.status);
  out += "\r\ncontent-type: ";
  append_field_value(out, response.content_type);
  if (content_length >= 0) {
    out += "\r\ncontent-length: ";
    append_number(out, content_length);
  }
  out += "\r\nx-request-id: ";
  append_field_value(out, request_id);
  if (!keep_alive) out += "\r\nconnection: close";
  for (const auto& [name, value] : response.headers) {
    out += "\r\n";
    out += name;
    out += ": ";
    append_field_value(out, value);
  }
  out += "\r\nx-content-type-options: nosniff\r\n\r\n";
}

}  // namespace weir::server
