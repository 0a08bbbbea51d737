#include "server/http/connection.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "base/hash.hpp"

namespace weir::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kBufferFirst = 8 * 1024;
constexpr std::size_t kBufferMax = 64 * 1024;
constexpr std::size_t kStreamChunk = 64 * 1024;

// A client may name its request; anything that could not stand in a log line is replaced.
bool usable_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string new_id(std::uint64_t number, const void* salt) {
  std::uint64_t words[2] = {number, reinterpret_cast<std::uintptr_t>(salt)};
  const std::uint64_t mixed = xxh3_64({reinterpret_cast<const std::uint8_t*>(words), sizeof words});
  return to_hex({reinterpret_cast<const std::uint8_t*>(&mixed), sizeof mixed});
}

}  // namespace

class Connection::Ticket final : public Exchange {
 public:
  Ticket(std::shared_ptr<Connection> connection, std::shared_ptr<IoLoop> loop)
      : connection_(std::move(connection)), loop_(std::move(loop)) {}

  ~Ticket() override {
    if (!used_.exchange(true))
      deliver(error_response(internal_error("no_reply", "the request was dropped unanswered")));
  }
  void reply(Response&& response) override {
    if (!used_.exchange(true)) deliver(std::move(response));
  }
  void stream(Response&& head, std::shared_ptr<StreamSource> source) override {
    if (used_.exchange(true)) return;
    const auto connection = take();
    if (loop_->on_thread()) return connection->open_stream(std::move(head), std::move(source));
    loop_->post([connection, head = std::move(head), source = std::move(source)]() mutable {
      connection->open_stream(std::move(head), std::move(source));
    });
  }

 private:
  std::shared_ptr<Connection> take() { return std::move(connection_); }
  void deliver(Response&& response) {
    const auto connection = take();
    if (loop_->on_thread()) return connection->finish(std::move(response), true);
    loop_->post([connection, response = std::move(response)]() mutable {
      connection->finish(std::move(response), true);
    });
  }

  std::atomic<bool> used_{false};
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<IoLoop> loop_;
};

Connection::Connection(IoLoop::Socket socket, std::shared_ptr<IoLoop> loop,
                       const HttpOptions& options, Application& application,
                       std::shared_ptr<HttpStats> stats)
    : loop_(std::move(loop)),
      socket_(std::move(socket)),
      options_(options),
      application_(application),
      stats_(std::move(stats)),
      buffer_(kBufferFirst),
      parser_(options.parser) {}

void Connection::start() {
  ErrorCode ec;
  socket_.set_option(asio::ip::tcp::no_delay(true), ec);
  const auto peer = socket_.remote_endpoint(ec);
  if (!ec) request_.address = peer.address().to_string();
  set_deadline(options_.idle_ms);
  read();
}

void Connection::set_deadline(std::int64_t ms) {
  deadline_ns_ = ms == 0 ? 0 : loop_->now_ns() + ms * 1'000'000;
}

void Connection::read() {
  if (reading_ || phase_ == Phase::kClosed) return;
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ != 0 && end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const bool large_body = takes_body() && body_bytes_ > kBufferFirst;
  if (buffer_.size() < kBufferMax && (end_ == buffer_.size() || large_body))
    buffer_.resize(large_body ? kBufferMax : buffer_.size() * 2);
  reading_ = true;
  socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          [self = shared_from_this()](const ErrorCode& ec, std::size_t bytes) {
                            self->on_read(ec, bytes);
                          });
}

void Connection::on_read(const ErrorCode& ec, std::size_t bytes) {
  reading_ = false;
  if (phase_ == Phase::kClosed) return;
  if (ec || bytes == 0) {
    // A client may close its sending side and still wait for the reply.
    if (phase_ == Phase::kHandling || phase_ == Phase::kWriting) return;
    if (phase_ == Phase::kStreaming && ec == asio::error::eof && source_->finite()) return;
    return close();
  }
  if (phase_ == Phase::kLingering || phase_ == Phase::kStreaming) return read();
  end_ += bytes;
  advance();
}

void Connection::advance() {
  while (phase_ == Phase::kIdle || phase_ == Phase::kHeader || takes_body()) {
    if (paused_) return;
    if (phase_ == Phase::kIdle) {
      if (begin_ == end_) return read();
      parser_.start(request_);
      body_bytes_ = 0;
      phase_ = Phase::kHeader;
      set_deadline(options_.header_ms);
    }
    const ParseStep step = parser_.feed({buffer_.data() + begin_, end_ - begin_});
    begin_ += step.used;
    switch (step.state) {
      case ParseState::kMore:
        return read();
      case ParseState::kHeader:
        if (!accept_header()) return;
        break;
      case ParseState::kBody:
        if (!take_body(parser_.body_piece())) return;
        break;
      case ParseState::kDone:
        if (take_body(parser_.body_piece())) dispatch();
        return;
      case ParseState::kError:
        return refuse(step.status, step.reason, step.message);
    }
  }
}

bool Connection::accept_header() {
  phase_ = Phase::kBody;
  set_deadline(options_.idle_ms);
  const std::string_view sent_id = request_.header("x-request-id");
  request_.id =
      usable_id(sent_id)
          ? std::string(sent_id)
          : new_id(stats_->next_request.fetch_add(1, std::memory_order_relaxed), stats_.get());
  request_.received_ns = loop_->now_ns();
  if (request_.headers.count("host") != 1) {
    refuse(400, "host_missing", "a request names its host once");
    return false;
  }
  if (stats_->in_flight.load(std::memory_order_relaxed) >= stats_->requests_in_flight_max) {
    stats_->refused_in_flight.fetch_add(1, std::memory_order_relaxed);
    finish(error_response(resource_exhausted("in_flight_max", "too many requests in flight")),
           false);
    return false;
  }
  BodyPlan plan = application_.on_header(request_);
  if (plan.refuse) return refuse_planned(std::move(*plan.refuse));
  body_bytes_max_ = plan.body_bytes_max;
  upload_ = plan.upload;
  if (parser_.content_length().value_or(0) > body_bytes_max_) {
    refuse(413, "body_too_large", "the body is larger than this route takes");
    return false;
  }
  if (parser_.expects_continue()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    ErrorCode ec;  // a lost connection shows on the next read
    asio::write(socket_, asio::buffer(kContinue), ec);
  }
  stats_->in_flight.fetch_add(1, std::memory_order_relaxed);
  in_flight_ = true;
  if (!upload_) return true;
  ticket_ = std::make_shared<Ticket>(shared_from_this(), loop_);
  sink_ = application_.on_upload(request_, Responder(std::exchange(ticket_, nullptr)));
  if (!takes_body()) return false;  // answered already
  sink_->attached([weak = weak_from_this(), loop = loop_] {
    loop->post([weak] {
      const auto self = weak.lock();
      if (self == nullptr || !self->paused_) return;
      self->paused_ = false;
      if (!self->takes_body()) return;
      self->set_deadline(self->options_.idle_ms);
      self->advance();
    });
  });
  return true;
}

// A small body is read and thrown away, so that the connection lives on; a large one ends it.
bool Connection::refuse_planned(Response&& response) {
  const auto length = parser_.content_length();
  if (parser_.body_complete() || parser_.expects_continue() ||
      length.value_or(kBufferMax) >= kBufferMax) {
    finish(std::move(response), false);
    return false;
  }
  refusal_ = std::move(response);
  return true;
}

bool Connection::take_body(std::string_view piece) {
  if (piece.empty() || refusal_) return true;
  body_bytes_ += piece.size();
  if (body_bytes_ > body_bytes_max_) {
    refuse(413, "body_too_large", "the body is larger than this route takes");
    return false;
  }
  set_deadline(options_.idle_ms);
  if (sink_ == nullptr) {
    request_.body.append(piece);
    return true;
  }
  const auto sink = sink_;  // it may answer at once, and is let go then
  if (!sink->on_data(piece)) {
    paused_ = true;
    if (phase_ == Phase::kBody) set_deadline(0);
  }
  if (phase_ == Phase::kDuplex) watch_stream();
  return takes_body();
}

void Connection::dispatch() {
  paused_ = false;
  if (phase_ == Phase::kDuplex) {
    phase_ = Phase::kStreaming;
    watch_stream();
    std::exchange(sink_, nullptr)->on_end();
    return read();  // shows when the client leaves
  }
  phase_ = Phase::kHandling;
  set_deadline(0);
  if (refusal_) {
    Response response = std::move(*refusal_);
    refusal_.reset();
    return finish(std::move(response), false);
  }
  if (sink_ != nullptr) {
    const auto sink = std::exchange(sink_, nullptr);
    sink->on_end();
    return;
  }
  request_.received_ns = loop_->now_ns();
  application_.on_request(request_, Responder(std::make_shared<Ticket>(shared_from_this(), loop_)));
}

void Connection::leave_flight() {
  if (!std::exchange(in_flight_, false)) return;
  stats_->in_flight.fetch_sub(1, std::memory_order_relaxed);
}

// Answers bytes that are no acceptable request; the rest of the stream cannot be trusted.
void Connection::refuse(unsigned status, const char* reason, const char* message) {
  stats_->bad_requests.fetch_add(1, std::memory_order_relaxed);
  if (streams()) return close();  // the head of the reply is out
  if (request_.id.empty())
    request_.id =
        new_id(stats_->next_request.fetch_add(1, std::memory_order_relaxed), stats_.get());
  const Code code = status == 413 || status == 414 || status == 431 ? Code::kOutOfRange
                    : status == 408                                 ? Code::kDeadlineExceeded
                    : status == 501 || status == 505                ? Code::kUnimplemented
                                                                    : Code::kInvalidArgument;
  Response response = error_response(Status(code, reason, message), status);
  response.close = true;
  finish(std::move(response), false);
}

void Connection::finish(Response&& response, bool counted) {
  if (phase_ == Phase::kClosed || phase_ == Phase::kWriting || phase_ == Phase::kLingering) return;
  const bool whole =
      phase_ == Phase::kHandling || (phase_ == Phase::kBody && !counted && parser_.body_complete());
  if (request_.received_ns == 0) request_.received_ns = loop_->now_ns();
  leave_flight();
  refusal_.reset();
  if (sink_ != nullptr) std::exchange(sink_, nullptr)->on_abort();
  application_.on_reply(request_, response.status, loop_->now_ns() - request_.received_ns);
  const bool keep_alive = whole && !response.close && !draining_ && parser_.keep_alive();
  write(std::move(response), keep_alive);
}

void Connection::write(Response&& response, bool keep_alive) {
  phase_ = Phase::kWriting;
  set_deadline(options_.idle_ms);
  shared_body_ = std::move(response.shared_body);
  body_ = std::move(response.body);
  const std::string& body = shared_body_ ? *shared_body_ : body_;
  const bool bodiless = response.status == 204 || response.status == 304;
  head_.clear();
  append_head(head_, response, request_.id, bodiless ? -1 : static_cast<std::int64_t>(body.size()),
              keep_alive);
  const bool head_only = bodiless || request_.method == Method::kHead;
  const std::array<asio::const_buffer, 2> pieces = {
      asio::buffer(head_), head_only ? asio::const_buffer() : asio::buffer(body)};
  asio::async_write(socket_, pieces,
                    [self = shared_from_this(), keep_alive](const ErrorCode& ec, std::size_t) {
                      self->on_written(ec, keep_alive);
                    });
}

void Connection::on_written(const ErrorCode& ec, bool keep_alive) {
  if (phase_ == Phase::kClosed) return;
  if (ec) return close();
  if (!keep_alive) return linger();
  request_.reset();
  shared_body_.reset();
  phase_ = Phase::kIdle;
  if (draining_) return close();
  set_deadline(options_.idle_ms);
  advance();
}

void Connection::open_stream(Response&& head, std::shared_ptr<StreamSource> source) {
  if (phase_ != Phase::kBody && phase_ != Phase::kHandling) return source->detached();
  if (!source->finite()) leave_flight();
  application_.on_reply(request_, head.status, loop_->now_ns() - request_.received_ns);
  phase_ = phase_ == Phase::kBody ? Phase::kDuplex : Phase::kStreaming;
  source_ = std::move(source);
  source_open_ = true;
  watch_stream();
  body_.clear();
  append_head(body_, head, request_.id, -1, false);
  source_->attached([weak = weak_from_this(), loop = loop_] {
    loop->post([weak] {
      if (const auto self = weak.lock()) self->pump();
    });
  });
  if (phase_ == Phase::kStreaming) read();  // shows when the client leaves
  pump();
}

// The client must take what is being sent, and send what is awaited.
void Connection::watch_stream() {
  const bool awaited = phase_ == Phase::kDuplex && !paused_;
  set_deadline(writing_ || awaited ? options_.idle_ms : 0);
}

void Connection::pump() {
  if (!streams() || writing_) return;
  const bool over = draining_ && !source_->finite();
  if (source_open_ && !over && body_.size() < kStreamChunk) source_open_ = source_->pull(body_);
  if (body_.empty()) {
    if (!source_open_ || over) end_stream();
    return;
  }
  head_.swap(body_);
  body_.clear();
  writing_ = true;
  watch_stream();
  asio::async_write(socket_, asio::buffer(head_),
                    [self = shared_from_this()](const ErrorCode& ec, std::size_t) {
                      self->writing_ = false;
                      if (self->phase_ == Phase::kClosed) return;
                      if (ec) return self->close();
                      self->watch_stream();
                      self->pump();
                    });
}

void Connection::end_stream() {
  if (phase_ != Phase::kDuplex) return close();
  if (sink_ != nullptr) std::exchange(sink_, nullptr)->on_abort();
  leave_flight();
  linger();
}

// Closing with unread bytes in the socket would reset it and could take the reply along.
void Connection::linger() {
  ErrorCode ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  if (ec) return close();
  phase_ = Phase::kLingering;
  begin_ = end_ = 0;
  set_deadline(options_.linger_ms);
  read();
}

void Connection::check_deadline(std::int64_t now_ns) {
  if (deadline_ns_ == 0 || now_ns < deadline_ns_) return;
  stats_->timeouts.fetch_add(phase_ == Phase::kIdle || phase_ == Phase::kLingering ? 0 : 1,
                             std::memory_order_relaxed);
  if (phase_ == Phase::kHeader || phase_ == Phase::kBody)
    return refuse(408, "request_timeout", "the request did not arrive in time");
  close();
}

void Connection::begin_drain() {
  draining_ = true;
  if (phase_ == Phase::kIdle) return close();
  if (streams()) pump();
}

void Connection::close() {
  if (phase_ == Phase::kClosed) return;
  const auto self = shared_from_this();  // remove() may drop the last owner
  phase_ = Phase::kClosed;
  leave_flight();
  if (sink_ != nullptr) std::exchange(sink_, nullptr)->on_abort();
  if (source_ != nullptr) std::exchange(source_, nullptr)->detached();
  ErrorCode ec;
  socket_.close(ec);
  stats_->connections.fetch_sub(1, std::memory_order_relaxed);
  loop_->remove(*this);
}

}  // namespace weir::server
