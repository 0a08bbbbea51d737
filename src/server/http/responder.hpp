// Responder: the right to answer one request, once, from any thread.
//
//   void handle(Request& request, Responder responder) {
//     service.submit({..., .done = [responder](SubmitReply&& r) { responder.send(render(r)); }});
//   }
//
// Copies share the right. If every copy dies unused the client gets 500 (no_reply). Replies
// completed on other threads reach the I/O thread in one wake-up for all that are ready; a thread
// that completes many in a row holds a WakeBatch.
#pragma once

#include <memory>

#include "server/http/response.hpp"
#include "server/http/stream.hpp"

namespace weir::server {

// The connection's side of a Responder.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void reply(Response&& response) = 0;
  virtual void stream(Response&& head, std::shared_ptr<StreamSource> source) = 0;
};

class Responder {
 public:
  Responder() = default;
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  // Answers the request. A second call is ignored: the first reply stands.
  void send(Response&& response) const { exchange_->reply(std::move(response)); }
  // Answers with a stream; the connection ends with it.
  void stream(Response&& head, std::shared_ptr<StreamSource> source) const {
    exchange_->stream(std::move(head), std::move(source));
  }

 private:
  std::shared_ptr<Exchange> exchange_;
};

// While one lives on a thread, completions made there are collected and each I/O thread is woken
// once, at its end. Nests.
class WakeBatch {
 public:
  WakeBatch();
  ~WakeBatch();
  WakeBatch(const WakeBatch&) = delete;
  WakeBatch& operator=(const WakeBatch&) = delete;
};

}  // namespace weir::server
