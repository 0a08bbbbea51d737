// What a refused event looks like to a client: its canonical code, HTTP status and error body.
//
//   append_refused_item(out, "t-1",
//                       refusal_status(wire::Refusal::kAmountRange, "amount", 17, "..."));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "wire/verdict.hpp"

namespace weir::server {

// Returns the canonical code: id_conflict is already_exists, a full queue resource_exhausted, ...
Code refusal_code(wire::Refusal refusal);
// Builds the Status of a refusal; its reason is the refusal's name. line 0: not from a text.
Status refusal_status(wire::Refusal refusal, std::string_view field, std::uint64_t line,
                      std::string message);
// Appends {"event_id":...,"error":{...}}; an empty id is null.
void append_refused_item(std::string& out, std::string_view event_id, const Status& status);

}  // namespace weir::server
