#include "server/http/parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/check.hpp"

namespace weir::server {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using ErrorCode = boost::system::error_code;

// What is left of a chunked body always ends in "0\r\n\r\n".
constexpr std::size_t kLastChunkBytes = 5;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

class RequestParser::Machine final : public http::basic_parser<true> {
 public:
  Machine(const ParserLimits& limits, Request& request) : limits_(limits), request_(&request) {
    header_limit(limits.header_bytes_max);
    body_limit(boost::none);  // the connection counts: the limit depends on the route
  }

  bool header_seen = false;
  bool finished = false;
  bool version_bad = false;
  bool target_long = false;
  bool coding_bad = false;
  bool expects_continue = false;
  bool got_bytes = false;
  std::string_view piece;

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target,
                       int version, ErrorCode& ec) override {
    request_->method = server::parse_method(view(method));
    version_bad = version != 11;
    target_long = target.size() > limits_.target_bytes_max;
    if (version_bad || target_long)
      ec = http::error::bad_target;
    else
      request_->target.assign(target.data(), target.size());
  }
  void on_response_impl(int, beast::string_view, int, ErrorCode&) override {}
  void on_field_impl(http::field name, beast::string_view text, beast::string_view value,
                     ErrorCode& ec) override {
    if (header_seen) return;  // trailers carry nothing we use
    if (name == http::field::transfer_encoding && !beast::iequals(value, "chunked")) {
      coding_bad = true;
      ec = http::error::bad_transfer_encoding;
      return;
    }
    if (name == http::field::expect && beast::iequals(value, "100-continue"))
      expects_continue = true;
    request_->headers.add(view(text), view(value));
  }
  void on_header_impl(ErrorCode&) override { header_seen = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(beast::string_view body, ErrorCode&) override {
    piece = view(body);
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, ErrorCode&) override {
    piece = view(body);
    return body.size();
  }
  void on_finish_impl(ErrorCode&) override { finished = true; }

  const ParserLimits& limits_;
  Request* request_;
};

RequestParser::RequestParser(const ParserLimits& limits) : limits_(limits) {}
RequestParser::~RequestParser() = default;

void RequestParser::start(Request& request) {
  machine_ = std::make_unique<Machine>(limits_, request);
}

ParseStep RequestParser::feed(std::string_view bytes) {
  CHECK(machine_ != nullptr);
  Machine& machine = *machine_;
  machine.piece = {};
  const bool had_header = machine.header_seen;
  if (machine.finished) return {.state = ParseState::kDone};
  machine.got_bytes = machine.got_bytes || !bytes.empty();
  // Beast asserts that it never sees less of the last chunk, and would end the process.
  if (machine.header_seen && machine.chunked() && bytes.size() < kLastChunkBytes)
    return {.state = ParseState::kMore};
  ErrorCode ec;
  const std::size_t used = machine.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (!ec || ec == http::error::need_more) {
    if (!had_header && machine.header_seen) return {.state = ParseState::kHeader, .used = used};
    if (machine.finished) return {.state = ParseState::kDone, .used = used};
    return {.state = used != 0 ? ParseState::kBody : ParseState::kMore, .used = used};
  }
  const auto error = [used](unsigned status, const char* reason, const char* message) {
    return ParseStep{ParseState::kError, used, status, reason, message};
  };
  if (machine.version_bad) return error(505, "http_version", "only HTTP/1.1 is spoken here");
  if (machine.target_long) return error(414, "url_too_long", "the URL is longer than allowed");
  if (machine.coding_bad)
    return error(501, "transfer_encoding", "the only transfer coding understood is chunked");
  if (ec == http::error::header_limit)
    return error(431, "header_too_large", "the header is longer than allowed");
  return error(400, "bad_request", "the bytes are not an HTTP/1.1 request");
}

std::string_view RequestParser::body_piece() const {
  return machine_->piece;
}
bool RequestParser::keep_alive() const {
  return machine_->keep_alive();
}
bool RequestParser::expects_continue() const {
  return machine_->expects_continue;
}
bool RequestParser::body_complete() const {
  return machine_->finished;
}
bool RequestParser::got_some() const {
  return machine_ != nullptr && machine_->got_bytes;
}

std::optional<std::uint64_t> RequestParser::content_length() const {
  const auto length = machine_->content_length();
  if (!length) return std::nullopt;
  return *length;
}

}  // namespace weir::server
