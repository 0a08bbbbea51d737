// Request: one HTTP request, owned by its connection until it is answered.
//
//   if (const auto limit = request.query("limit")) ...
//   const std::string_view type = request.header("content-type");
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::server {

struct Principal;

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };
std::string_view method_name(Method method);
Method parse_method(std::string_view name);

// Header fields in one reused text; names compare without case.
class HeaderList {
 public:
  void clear() {
    text_.clear();
    fields_.clear();
  }
  void add(std::string_view name, std::string_view value);
  // Returns the first value, or empty. The view lives until the next add() or clear().
  std::string_view find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  std::size_t size() const { return fields_.size(); }

 private:
  struct Field {
    std::uint32_t name_begin, name_size, value_begin, value_size;
  };
  std::string_view at(std::uint32_t begin, std::uint32_t size) const {
    return std::string_view(text_).substr(begin, size);
  }
  std::string text_;
  std::vector<Field> fields_;
};

// Decodes %XX; nullopt for a malformed escape or a zero byte. `plus_is_space` holds in queries
// only.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
// Encodes everything but unreserved characters.
std::string percent_encode(std::string_view text);

bool equals_ignoring_case(std::string_view a, std::string_view b);

struct Request {
  Method method = Method::kGet;
  std::string target;  // as sent: "/v1/decisions?ack=decided"
  HeaderList headers;
  std::string body;
  std::string id;                // x-request-id
  std::string address;           // of the peer, without port
  std::int64_t received_ns = 0;  // monotonic: when the request's last byte was read

  // Set by the application between header and handler.
  const void* route = nullptr;
  std::shared_ptr<const Principal> principal;
  std::vector<std::pair<std::string_view, std::string>> params;

  // The raw path, before '?'.
  std::string_view path() const;
  std::string_view query_text() const;
  // Returns the decoded value of the first query member `name`; nullopt if absent or malformed.
  std::optional<std::string> query(std::string_view name) const;
  std::string_view header(std::string_view name) const { return headers.find(name); }
  // Returns a decoded path parameter; the route's pattern must have it.
  const std::string& param(std::string_view name) const;
  // Forgets everything but the peer's address; keeps the memory.
  void reset();
};

}  // namespace weir::server
