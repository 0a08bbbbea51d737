#include "server/http/server.hpp"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <chrono>
#include <future>

#include "base/check.hpp"
#include "base/log.hpp"
#include "server/http/connection.hpp"

namespace weir::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

std::vector<std::shared_ptr<IoLoop>> make_loops(unsigned threads, Clock& clock) {
  std::vector<std::shared_ptr<IoLoop>> loops;
  for (unsigned i = 0; i < std::max(threads, 1U); ++i)
    loops.push_back(std::make_shared<IoLoop>(clock));
  return loops;
}

// Runs `task` on the loop's thread and waits until it is done.
void run_on(IoLoop& loop, const std::function<void()>& task) {
  auto done = std::make_shared<std::promise<void>>();
  loop.post([&task, done] {
    task();
    done->set_value();
  });
  done->get_future().wait();
}

}  // namespace

HttpServer::HttpServer(HttpOptions options, Application& application, Clock& clock)
    : options_(std::move(options)),
      application_(application),
      stats_(std::make_shared<HttpStats>()),
      loops_(make_loops(options_.threads, clock)),
      acceptor_(loops_.front()->context()),
      accept_backoff_(loops_.front()->context()) {
  set_limits(options_.connections_max, options_.requests_in_flight_max);
}

void HttpServer::set_limits(std::uint32_t connections_max, std::uint32_t requests_in_flight_max) {
  stats_->connections_max = connections_max;
  stats_->requests_in_flight_max = requests_in_flight_max;
}

HttpServer::~HttpServer() {
  if (started_ && !stopped_) drain(0);
}

Result<std::uint16_t> HttpServer::start() {
  CHECK(!started_);
  ErrorCode ec;
  const auto address = asio::ip::make_address(options_.address, ec);
  if (ec)
    return fail(invalid_argument("address", "'" + options_.address + "' is not an IP address")
                    .at("server.listen"));
  const asio::ip::tcp::endpoint endpoint(address, options_.port);
  const std::string name = options_.address + ":" + std::to_string(options_.port);
  const auto failed = [&](const char* what) { return fail(errno_status(what, name, ec.value())); };
  acceptor_.open(endpoint.protocol(), ec);
  if (ec) return failed("open a socket for");
  acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
  if (ec) return failed("prepare");
  acceptor_.bind(endpoint, ec);
  if (ec) return failed("listen on");
  acceptor_.listen(1024, ec);
  if (ec) return failed("listen on");
  const std::uint16_t port = acceptor_.local_endpoint(ec).port();
  if (ec) return failed("listen on");
  started_ = true;
  for (const auto& loop : loops_) loop->start();
  loops_.front()->post([this] { accept(); });
  return port;
}

void HttpServer::accept() {
  const std::size_t target = next_loop_++ % loops_.size();
  acceptor_.async_accept(
      loops_[target]->context(), [this, target](const ErrorCode& ec, IoLoop::Socket socket) {
        if (ec == asio::error::operation_aborted || !acceptor_.is_open()) return;
        if (!ec) {
          adopt(std::move(socket), target);
          return accept();
        }
        log_warning("http", "accept_failed", ec.message());  // out of descriptors: give them time
        accept_backoff_.expires_after(std::chrono::milliseconds(100));
        accept_backoff_.async_wait([this](const ErrorCode& stopped) {
          if (!stopped) accept();
        });
      });
}

void HttpServer::adopt(IoLoop::Socket socket, std::size_t loop) {
  if (stats_->connections.load(std::memory_order_relaxed) >= stats_->connections_max) {
    stats_->refused_connections.fetch_add(1, std::memory_order_relaxed);
    Response response =
        error_response(unavailable("connections_max", "the server has no connection left"));
    std::string bytes;
    append_head(bytes, response, "-", static_cast<std::int64_t>(response.body.size()), false);
    bytes += response.body;
    ErrorCode ec;
    socket.non_blocking(true, ec);
    socket.write_some(asio::buffer(bytes), ec);
    return;
  }
  stats_->accepted.fetch_add(1, std::memory_order_relaxed);
  stats_->connections.fetch_add(1, std::memory_order_relaxed);
  auto connection =
      std::make_shared<Connection>(std::move(socket), loops_[loop], options_, application_, stats_);
  const auto begin = [connection, owner = loops_[loop]] {
    owner->add(connection);
    connection->start();
  };
  if (loops_[loop]->on_thread())
    begin();
  else
    loops_[loop]->post(begin);
}

void HttpServer::stop_accepting() {
  run_on(*loops_.front(), [this] {
    ErrorCode ec;
    acceptor_.close(ec);
    accept_backoff_.cancel();
  });
}

bool HttpServer::wait_closed(std::int64_t deadline_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  std::mutex mutex;
  std::condition_variable never_notified;
  std::unique_lock lock(mutex);
  while (stats_->connections.load() != 0) {
    if (std::chrono::steady_clock::now() >= until) return false;
    never_notified.wait_for(lock, std::chrono::milliseconds(2));
  }
  return true;
}

bool HttpServer::drain(std::int64_t deadline_ms) {
  if (!started_ || stopped_) return true;
  stopped_ = true;
  stop_accepting();
  for (const auto& loop : loops_) run_on(*loop, [&] { loop->drain_members(); });
  const bool clean = wait_closed(deadline_ms);
  if (!clean)
    for (const auto& loop : loops_) run_on(*loop, [&] { loop->abort_members(); });
  for (const auto& loop : loops_) loop->stop();
  return clean;
}

void HttpServer::check_deadlines() {
  for (const auto& loop : loops_) run_on(*loop, [&] { loop->check_deadlines(); });
}

}  // namespace weir::server
