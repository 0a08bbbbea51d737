// NativeListener: the TCP side of the frame protocol, on an I/O thread of its own, so that large
// frames never delay an HTTP reply.
//
//   NativeListener listener({.port = 8741}, pass, system_clock(), committed, metrics);
//   WEIR_ASSIGN(const std::uint16_t port, listener.start());
//   listener.drain(20'000);
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.hpp"
#include "base/result.hpp"
#include "server/http/loop.hpp"
#include "server/native/session.hpp"

namespace weir::server {

struct NativeListenerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
  std::uint32_t connections_max = 256;
  NativeOptions session{};
};

class NativeListener {
 public:
  NativeListener(NativeListenerOptions options, PassService& pass, Clock& clock,
                 NativeSession::Committed committed, MetricRegistry& metrics);
  ~NativeListener();
  NativeListener(const NativeListener&) = delete;
  NativeListener& operator=(const NativeListener&) = delete;

  Result<std::uint16_t> start();
  // Stops accepting and reading, waits at most `deadline_ms` for open frames to be answered,
  // closes.
  bool drain(std::int64_t deadline_ms);

 private:
  class Connection;
  struct Shared;
  void accept();

  const NativeListenerOptions options_;
  std::shared_ptr<Shared> shared_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>
      acceptor_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace weir::server
