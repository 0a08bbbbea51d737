// IoLoop: one I/O thread: its event queue, the connections it owns, and the queue of work that
// other threads complete for it. Tasks posted while a wake-up is on its way ride along with it.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"

namespace weir::server {

class IoLoop {
 public:
  using Task = std::function<void()>;
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                  boost::asio::io_context::executor_type>;

  // Something with deadlines, owned by the loop while it is registered.
  class Member {
   public:
    virtual ~Member() = default;
    virtual void check_deadline(std::int64_t now_ns) = 0;  // about once a second
    virtual void begin_drain() = 0;
    virtual void abort() = 0;
  };

  explicit IoLoop(Clock& clock);
  ~IoLoop();
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;

  void start();
  // Stops the event queue and joins the thread, drops queued tasks and aborts the members left.
  void stop();
  // Runs `task` on the loop's thread, soon; drops it after stop(). Any thread; tasks of one thread
  // keep their order.
  void post(Task task);
  bool on_thread() const;
  std::int64_t now_ns() const { return clock_.mono_ns(); }
  boost::asio::io_context& context() { return context_; }

  // The following on the loop's thread only.
  void add(std::shared_ptr<Member> member);
  void remove(Member& member);
  void check_deadlines();
  std::vector<std::shared_ptr<Member>> snapshot() const;
  void drain_members();
  void abort_members();
  std::size_t members() const { return member_count_.load(std::memory_order_relaxed); }

  // How often the loop was woken for how many tasks; the ratio shows the batching.
  std::uint64_t wakes() const { return wakes_.load(std::memory_order_relaxed); }
  std::uint64_t tasks() const { return tasks_run_.load(std::memory_order_relaxed); }

 private:
  friend class WakeBatch;
  void wake();
  void run_tasks();
  void arm_timer();

  Clock& clock_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  std::thread thread_;
  std::unordered_map<Member*, std::shared_ptr<Member>> owned_;
  std::atomic<std::size_t> member_count_{0};

  std::mutex mutex_;
  std::vector<Task> queue_;  // guarded by mutex_
  bool wake_sent_ = false;   // guarded by mutex_
  bool stopped_ = false;     // guarded by mutex_
  std::vector<Task> running_;
  std::atomic<std::uint64_t> wakes_{0};
  std::atomic<std::uint64_t> tasks_run_{0};
};

}  // namespace weir::server
