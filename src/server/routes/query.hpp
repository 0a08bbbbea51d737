// Query members that several routes read, and the page they answer with.
//
//   WEIR_ASSIGN(const std::uint64_t limit, query_number(request, "limit", 1, 1000, 50));
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "server/http/request.hpp"
#include "server/http/response.hpp"
#include "server/service.hpp"

namespace weir::server {

// Return a query member; invalid_argument names it. `fallback` if it is absent.
Result<std::uint64_t> query_number(const Request& request, std::string_view name,
                                   std::uint64_t least, std::uint64_t most, std::uint64_t fallback);
Result<std::optional<std::int64_t>> query_time(const Request& request, std::string_view name);
// Reads ack=received|decided|committed|final; committed if absent.
Result<Ack> parse_ack(const Request& request);
// Parses a decimal that a path holds: a height, a version.
Result<std::uint64_t> parse_number(std::string_view text, std::string_view name);
// Renders {"items":[...],"next":"seq"|null}.
Response page_response(const JsonPage& page);

}  // namespace weir::server
