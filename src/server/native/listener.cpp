#include "server/native/listener.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <deque>
#include <future>
#include <thread>
#include <utility>

#include "base/check.hpp"

namespace weir::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kReadBytes = 256 * 1024;

void run_on(IoLoop& loop, const std::function<void()>& task) {
  auto done = std::make_shared<std::promise<void>>();
  loop.post([&task, done] {
    task();
    done->set_value();
  });
  done->get_future().wait();
}

}  // namespace

struct NativeListener::Shared {
  Shared(PassService& pass_service, Clock& used_clock, NativeSession::Committed committed_seq,
         MetricRegistry& metrics)
      : pass(pass_service),
        clock(used_clock),
        committed(std::move(committed_seq)),
        loop(std::make_shared<IoLoop>(used_clock)),
        connections(metrics.gauge(Metric::kNativeConnections)),
        received(metrics.counter(Metric::kReceivedBytesTotal, {"native"})),
        sent(metrics.counter(Metric::kSentBytesTotal, {"native"})) {}
  PassService& pass;
  Clock& clock;
  NativeSession::Committed committed;
  std::shared_ptr<IoLoop> loop;
  Gauge connections;
  Counter received;
  Counter sent;
};

// One producer's connection; runs on the listener's loop.
class NativeListener::Connection final : public IoLoop::Member,
                                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(IoLoop::Socket socket, std::shared_ptr<Shared> shared)
      : shared_(std::move(shared)), socket_(std::move(socket)), retry_(socket_.get_executor()) {}

  void start(const NativeOptions& options) {
    ErrorCode ec;
    socket_.set_option(asio::ip::tcp::no_delay(true), ec);
    session_ = std::make_shared<NativeSession>(
        options, shared_->pass, shared_->clock, shared_->committed,
        [weak = weak_from_this(), loop = shared_->loop](std::vector<std::uint8_t> bytes,
                                                        bool last) {
          loop->post([weak, bytes = std::move(bytes), last]() mutable {
            if (const auto self = weak.lock()) self->queue(std::move(bytes), last);
          });
        });
    shared_->connections.add(1);
    read();
  }
  void check_deadline(std::int64_t) override {}
  void begin_drain() override {
    draining_ = true;
    close_if_done();
  }
  void abort() override { close(); }

 private:
  void read() {
    if (reading_ || closed_ || draining_ || closing_ || session_->blocked()) return;
    reading_ = true;
    const std::span<std::uint8_t> room = session_->room(kReadBytes);
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [self = shared_from_this()](const ErrorCode& ec, std::size_t size) {
                              self->reading_ = false;
                              if (self->closed_) return;
                              if (ec) return self->close();
                              self->shared_->received.add(size);
                              self->session_->received(size);
                              self->go_on();
                            });
  }
  void go_on() {
    if (session_->retry_wanted()) arm_retry();
    read();
  }
  void arm_retry() {
    if (std::exchange(retrying_, true)) return;
    retry_.expires_after(std::chrono::milliseconds(1));
    retry_.async_wait([self = shared_from_this()](const ErrorCode& ec) {
      self->retrying_ = false;
      if (ec || self->closed_) return;
      self->session_->retry();
      self->go_on();
    });
  }
  void queue(std::vector<std::uint8_t> bytes, bool last) {
    if (closed_ || closing_) return;
    closing_ = last;
    out_.push_back(std::move(bytes));
    write();
    if (!closing_ && !draining_ && !reading_) session_->pump();
    if (!closed_) go_on();
  }
  // Sends everything that waits in one call.
  void write() {
    if (writing_ || out_.empty()) return close_if_done();
    writing_ = true;
    sending_.assign(std::make_move_iterator(out_.begin()), std::make_move_iterator(out_.end()));
    out_.clear();
    std::vector<asio::const_buffer> pieces;
    for (const auto& bytes : sending_) pieces.push_back(asio::buffer(bytes));
    asio::async_write(socket_, pieces,
                      [self = shared_from_this()](const ErrorCode& ec, std::size_t size) {
                        self->writing_ = false;
                        self->sending_.clear();
                        if (self->closed_) return;
                        if (ec) return self->close();
                        self->shared_->sent.add(size);
                        self->write();
                      });
  }
  void close_if_done() {
    if (writing_ || !out_.empty()) return;
    if (closing_ || (draining_ && session_->idle())) close();
  }
  void close() {
    if (std::exchange(closed_, true)) return;
    const auto self = shared_from_this();
    session_->detach();
    retry_.cancel();
    ErrorCode ec;
    socket_.close(ec);
    shared_->connections.add(-1);
    shared_->loop->remove(*this);
  }

  std::shared_ptr<Shared> shared_;  // before what lives in its loop and must go first
  IoLoop::Socket socket_;
  asio::steady_timer retry_;
  std::shared_ptr<NativeSession> session_;
  std::deque<std::vector<std::uint8_t>> out_;
  std::vector<std::vector<std::uint8_t>> sending_;
  bool reading_ = false;
  bool writing_ = false;
  bool retrying_ = false;
  bool draining_ = false;
  bool closing_ = false;
  bool closed_ = false;
};

NativeListener::NativeListener(NativeListenerOptions options, PassService& pass, Clock& clock,
                               NativeSession::Committed committed, MetricRegistry& metrics)
    : options_(std::move(options)),
      shared_(std::make_shared<Shared>(pass, clock, std::move(committed), metrics)),
      acceptor_(shared_->loop->context()) {}

NativeListener::~NativeListener() {
  if (started_ && !stopped_) drain(0);
}

Result<std::uint16_t> NativeListener::start() {
  CHECK(!started_);
  ErrorCode ec;
  const auto address = asio::ip::make_address(options_.address, ec);
  if (ec)
    return fail(invalid_argument("address", "'" + options_.address + "' is not an IP address"));
  const std::string name = options_.address + ":" + std::to_string(options_.port);
  const asio::ip::tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(128, ec);
  if (ec) return fail(errno_status("listen on", name, ec.value()));
  const std::uint16_t port = acceptor_.local_endpoint(ec).port();
  started_ = true;
  shared_->loop->start();
  shared_->loop->post([this] { accept(); });
  return port;
}

void NativeListener::accept() {
  acceptor_.async_accept(
      shared_->loop->context(), [this](const ErrorCode& ec, IoLoop::Socket socket) {
        if (ec == asio::error::operation_aborted || !acceptor_.is_open()) return;
        if (!ec && shared_->loop->members() < options_.connections_max) {
          auto connection = std::make_shared<Connection>(std::move(socket), shared_);
          shared_->loop->add(connection);
          connection->start(options_.session);
        }
        accept();
      });
}

bool NativeListener::drain(std::int64_t deadline_ms) {
  if (!started_ || stopped_) return true;
  stopped_ = true;
  IoLoop& loop = *shared_->loop;
  run_on(loop, [&] {
    ErrorCode ec;
    acceptor_.close(ec);
    loop.drain_members();
  });
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  while (loop.members() != 0 && std::chrono::steady_clock::now() < until) {
    run_on(loop, [&] { loop.drain_members(); });
    std::this_thread::yield();
  }
  const bool clean = loop.members() == 0;
  if (!clean) run_on(loop, [&] { loop.abort_members(); });
  loop.stop();
  return clean;
}

}  // namespace weir::server
