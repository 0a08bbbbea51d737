// One request parsed in pieces of a given size: shared by the fuzz target and its regression test.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "server/http/parser.hpp"

namespace weir::server {

struct Parsed {
  unsigned status = 0;  // 200: a whole request, 0: more bytes are needed, else the refusal
  std::string target;
  std::string body;
};

inline Parsed parse_in_pieces(std::string_view bytes, std::size_t piece) {
  Parsed parsed;
  Request request;
  RequestParser parser{ParserLimits{}};
  parser.start(request);
  std::size_t begin = 0;
  std::size_t end = 0;
  while (parsed.status == 0) {
    const ParseStep step = parser.feed(bytes.substr(begin, end - begin));
    begin += step.used;
    if (step.state == ParseState::kError) parsed.status = step.status;
    if (step.state == ParseState::kBody || step.state == ParseState::kDone)
      parsed.body += parser.body_piece();
    if (step.state == ParseState::kDone) parsed.status = 200;
    if (step.state != ParseState::kMore) continue;
    if (end == bytes.size()) break;
    end = std::min(bytes.size(), end + piece);
  }
  if (parsed.status != 200) return {parsed.status, {}, {}};
  parsed.target = request.target;
  request.query("a");
  percent_decode(request.path(), false);
  return parsed;
}

// Returns true if both readings of the same bytes are one: equal, or one refused a bad line where
// the other waits for the header's end first.
inline bool agree(const Parsed& a, const Parsed& b) {
  if (a.status == 0 || b.status == 0) return a.status != 200 && b.status != 200;
  return a.status == b.status && a.target == b.target && a.body == b.body;
}

}  // namespace weir::server
