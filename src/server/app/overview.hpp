// The overview as JSON: the body of GET /v1/overview and of the stream's metrics event.
#pragma once

#include <string>

#include "server/service.hpp"

namespace weir::server {

// Renders the overview; counts and sequence numbers as texts, times in RFC 3339.
std::string overview_json(const Overview& overview);

}  // namespace weir::server
