// HttpServer: HTTP/1.1 over TCP for one Application: keep-alive, pipelining in order, limits on
// everything a client controls, and a drain that finishes what was begun.
//
//   HttpServer server({.port = 8740}, application, system_clock());
//   WEIR_ASSIGN(const std::uint16_t port, server.start());
//   ...
//   server.drain(20'000);   // stop accepting, finish in flight, close
//
// Cost of a request without its handler: one receive, one send, about ten small allocations.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "server/http/application.hpp"
#include "server/http/loop.hpp"
#include "server/http/parser.hpp"

namespace weir::server {

struct HttpOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8740;  // 0: any free port
  unsigned threads = 1;
  ParserLimits parser{};
  std::uint32_t connections_max = 4096;
  std::uint32_t requests_in_flight_max = 512;
  std::int64_t idle_ms = 60'000;    // between requests, and without progress in a body or reply
  std::int64_t header_ms = 10'000;  // from a request's first byte to the end of its header
  std::int64_t linger_ms = 2'000;   // for a client to read a refusal before the connection goes
};

// Counters of one server; relaxed, readable from any thread.
struct HttpStats {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused_connections{0};
  std::atomic<std::uint64_t> refused_in_flight{0};
  std::atomic<std::uint64_t> bad_requests{0};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> in_flight{0};
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> next_request{1};
  // Limits in force; see HttpServer::set_limits().
  std::atomic<std::uint32_t> connections_max{0};
  std::atomic<std::uint32_t> requests_in_flight_max{0};
};

class HttpServer {
 public:
  HttpServer(HttpOptions options, Application& application, Clock& clock);
  ~HttpServer();  // aborts what is open
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens and starts the I/O threads; returns the port. failed_precondition if it is taken.
  Result<std::uint16_t> start();
  // Stops accepting, closes idle connections and streams, lets requests in flight finish for at
  // most `deadline_ms`, then aborts the rest. True if nothing had to be aborted. The threads end.
  bool drain(std::int64_t deadline_ms);
  // Runs the deadline check now and waits for it; for tests with a manual clock.
  void check_deadlines();

  // Changes limits of the running server; what is over them already goes on. Thread-safe.
  void set_limits(std::uint32_t connections_max, std::uint32_t requests_in_flight_max);

  const HttpStats& stats() const { return *stats_; }
  // The first I/O thread: where streams and listeners of the same process may live.
  const std::shared_ptr<IoLoop>& loop(std::size_t index) const { return loops_[index]; }
  std::size_t loops() const { return loops_.size(); }

 private:
  void accept();
  void adopt(IoLoop::Socket socket, std::size_t loop);
  void stop_accepting();
  bool wait_closed(std::int64_t deadline_ms);

  const HttpOptions options_;
  Application& application_;
  std::shared_ptr<HttpStats> stats_;
  std::vector<std::shared_ptr<IoLoop>> loops_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>
      acceptor_;
  boost::asio::steady_timer accept_backoff_;
  std::size_t next_loop_ = 0;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace weir::server
