// WorkerPool: a few threads for questions that may take long, so that I/O threads never do. The
// queue is bounded: when it is full the caller refuses.
//
//   WorkerPool pool(2, 256);
//   if (!pool.try_run([=] { ... })) responder.send(error_response(resource_exhausted(...)));
#pragma once

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "base/ring.hpp"

namespace weir::server {

class WorkerPool {
 public:
  WorkerPool(unsigned threads, std::size_t queue_max);
  ~WorkerPool();  // runs what is queued
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Queues a job; false if the queue is full or stopped. Any thread.
  bool try_run(std::function<void()> job);
  // Takes no more jobs, runs what is queued, joins the threads.
  void stop();

 private:
  BlockingQueue<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace weir::server
