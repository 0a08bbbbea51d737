// RequestParser: HTTP/1.1 bytes to one Request, in steps: header first, then body bytes as they
// come.
//
//   RequestParser parser(limits);  parser.start(request);
//   const ParseStep step = parser.feed(bytes);   // step.used bytes are consumed
//
// HTTP/1.0 and unknown transfer codings are refused, so are messages whose length could be read two
// ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "server/http/request.hpp"

namespace weir::server {

struct ParserLimits {
  std::uint32_t header_bytes_max = 16 * 1024;
  std::uint32_t target_bytes_max = 8 * 1024;
};

enum class ParseState : std::uint8_t { kMore, kHeader, kBody, kDone, kError };

struct ParseStep {
  ParseState state =
      ParseState::kMore;  // kHeader is reported once, before any body byte is consumed
  std::size_t used = 0;
  unsigned status = 0;  // kError: the HTTP status to answer
  const char* reason = "";
  const char* message = "";
};

class RequestParser {
 public:
  explicit RequestParser(const ParserLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Begins a new message that will be written into `request`, which must outlive it.
  void start(Request& request);
  // Consumes bytes up to the next event. `bytes` must begin at the first byte not yet used.
  ParseStep feed(std::string_view bytes);
  // The piece of the body that the last feed() found; a view into its argument.
  std::string_view body_piece() const;

  bool keep_alive() const;
  bool expects_continue() const;
  bool got_some() const;       // at least one byte of the current message was seen
  bool body_complete() const;  // the whole message was consumed
  std::optional<std::uint64_t> content_length() const;

 private:
  class Machine;
  ParserLimits limits_;
  std::unique_ptr<Machine> machine_;
};

}  // namespace weir::server
