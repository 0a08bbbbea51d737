#include "server/app/refusal.hpp"

#include <utility>

#include "base/json.hpp"
#include "server/http/response.hpp"

namespace weir::server {

Code refusal_code(wire::Refusal refusal) {
  switch (refusal) {
    case wire::Refusal::kIdConflict:
    case wire::Refusal::kAlreadyCommitted:
      return Code::kAlreadyExists;
    case wire::Refusal::kSequenceGap:
      return Code::kFailedPrecondition;
    case wire::Refusal::kQueueFull:
    case wire::Refusal::kDictionaryFull:
      return Code::kResourceExhausted;
    case wire::Refusal::kLineTooLong:
      return Code::kOutOfRange;
    default:
      return Code::kInvalidArgument;
  }
}

Status refusal_status(wire::Refusal refusal, std::string_view field, std::uint64_t line,
                      std::string message) {
  const std::string_view name = wire::refusal_name(refusal);
  if (message.empty()) message = "the event was refused: " + std::string(name);
  Status status(refusal_code(refusal), name, std::move(message));
  if (!field.empty()) status = std::move(status).at(field);
  if (line != 0) status = std::move(status).at_line(line);
  return status;
}

void append_refused_item(std::string& out, std::string_view event_id, const Status& status) {
  out += "{\"event_id\":";
  if (event_id.empty())
    out += "null";
  else
    append_json_string(out, event_id);
  out += ",\"error\":";
  append_error(out, status);
  out += '}';
}

}  // namespace weir::server
