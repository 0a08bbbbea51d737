#include "server/app/worker_pool.hpp"

#include <utility>

namespace weir::server {

WorkerPool::WorkerPool(unsigned threads, std::size_t queue_max) : queue_(queue_max) {
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this] {
      while (auto job = queue_.pop()) (*job)();
    });
}

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::try_run(std::function<void()> job) {
  return queue_.try_push(std::move(job));
}

void WorkerPool::stop() {
  queue_.close();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace weir::server
