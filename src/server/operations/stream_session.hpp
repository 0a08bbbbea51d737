// StreamSession: a streamed operation between its connection and the threads of the operations.
//
//   auto session = StreamSession::open({service, metrics, "hash_batch", id}, responder);
//   return session == nullptr ? nullptr : StreamSession::sink(session);    // the body goes there
//
// The connection's thread only fills and empties two bounded buffers; a job on the operations'
// threads runs while there is text to take and room for its answer, one chunk at a time, and holds
// no thread while it waits for the client. A full buffer stops the reading of the body.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/metrics.hpp"
#include "server/http/responder.hpp"
#include "server/http/stream.hpp"
#include "server/operations/stream_run.hpp"

namespace weir::server {

class StreamSession : public std::enable_shared_from_this<StreamSession> {
 public:
  struct Parts {
    OperationService& service;
    MetricRegistry& metrics;
    std::string name;  // of the operation
    std::string request_id;
  };
  // Answers at once and returns null if the operation does not stream or too many streams are open.
  static std::shared_ptr<StreamSession> open(Parts parts, Responder responder);
  // Returns where the body goes; it keeps the session alive.
  static std::shared_ptr<BodySink> sink(std::shared_ptr<StreamSession> session);

  StreamSession(Parts parts, Responder responder);
  ~StreamSession();
  StreamSession(const StreamSession&) = delete;
  StreamSession& operator=(const StreamSession&) = delete;

 private:
  class Sink;
  class Source;

  // On the connection's thread.
  bool take(std::string_view piece);
  void end();
  void leave();
  bool pull(std::string& out);

  bool take_first(std::string_view piece, bool last);
  void begin();
  // On an operation thread.
  void work();
  bool open_run();
  void refuse(const Status& status);
  // Under mutex_.
  void schedule();
  void close(Code code);
  void measure();

  const Parts parts_;
  Responder responder_;  // until the answer begins
  device::Priority priority_ = device::Priority::kNormal;
  std::string first_;  // the first line, on the connection's thread until begun_
  std::atomic<bool> cancel_{false};
  std::unique_ptr<StreamRun> run_;  // the job's

  std::mutex mutex_;  // guards what follows
  std::function<void()> resume_;
  std::function<void()> wake_;
  std::string in_;
  std::string out_;
  std::size_t out_begin_ = 0;   // of what is not sent
  std::size_t held_bytes_ = 0;  // of the run
  bool begun_ = false;          // the first line is here
  bool ended_ = false;          // the body is whole
  bool paused_ = false;         // the body waits
  bool working_ = false;        // a job is queued or runs
  bool more_ = false;           // the run can go on with what it has
  bool over_ = false;           // nothing more will be answered
  bool counted_ = false;
};

}  // namespace weir::server
