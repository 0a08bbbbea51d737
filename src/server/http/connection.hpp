// Connection: one client's TCP connection: reads a request, lets it be answered, writes the reply,
// and begins again. One request at a time: pipelined ones wait in the buffer and are answered in
// order. Everything runs on the connection's I/O thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/http/application.hpp"
#include "server/http/loop.hpp"
#include "server/http/parser.hpp"
#include "server/http/server.hpp"

namespace weir::server {

class Connection final : public IoLoop::Member, public std::enable_shared_from_this<Connection> {
 public:
  Connection(IoLoop::Socket socket, std::shared_ptr<IoLoop> loop, const HttpOptions& options,
             Application& application, std::shared_ptr<HttpStats> stats);

  void start();
  void check_deadline(std::int64_t now_ns) override;
  void begin_drain() override;
  void abort() override { close(); }

 private:
  class Ticket;  // the Exchange handed to handlers

  enum class Phase : std::uint8_t {
    kIdle,       // between requests
    kHeader,     // part of a header is here
    kBody,       // the header is here, the body is coming
    kHandling,   // the handler has the request
    kWriting,    // the reply is being sent
    kStreaming,  // an open-ended reply is being sent
    kDuplex,     // likewise, and the body is still coming
    kLingering,  // the reply is out, what the client still sends is thrown away
    kClosed,
  };

  void read();
  void on_read(const boost::system::error_code& ec, std::size_t bytes);
  void advance();
  bool accept_header();
  bool refuse_planned(Response&& response);
  bool take_body(std::string_view piece);
  void dispatch();
  void refuse(unsigned status, const char* reason, const char* message);
  void finish(Response&& response, bool counted);
  void write(Response&& response, bool keep_alive);
  void on_written(const boost::system::error_code& ec, bool keep_alive);
  void open_stream(Response&& head, std::shared_ptr<StreamSource> source);
  void watch_stream();
  void pump();
  void end_stream();
  void linger();
  void close();
  void set_deadline(std::int64_t ms);
  bool takes_body() const { return phase_ == Phase::kBody || phase_ == Phase::kDuplex; }
  bool streams() const { return phase_ == Phase::kStreaming || phase_ == Phase::kDuplex; }
  void leave_flight();

  std::shared_ptr<IoLoop> loop_;  // before the socket, which must go first
  IoLoop::Socket socket_;
  const HttpOptions& options_;
  Application& application_;
  std::shared_ptr<HttpStats> stats_;

  Phase phase_ = Phase::kIdle;
  std::int64_t deadline_ns_ = 0;  // 0: none
  bool reading_ = false;
  bool writing_ = false;
  bool draining_ = false;
  bool in_flight_ = false;
  bool paused_ = false;  // the upload's sink asked to wait

  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  RequestParser parser_;
  Request request_;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t body_bytes_max_ = 0;
  bool upload_ = false;
  std::optional<Response> refusal_;  // to be sent once the body has passed by
  std::shared_ptr<BodySink> sink_;
  std::shared_ptr<Ticket> ticket_;

  std::string head_;
  std::string body_;
  std::shared_ptr<const std::string> shared_body_;
  std::shared_ptr<StreamSource> source_;
  bool source_open_ = false;
};

}  // namespace weir::server
