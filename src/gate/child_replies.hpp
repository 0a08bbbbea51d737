// ChildReplies: waits for forked children that write one reply each into a pipe.
//
//   ChildReplies replies;
//   replies.expect({pid, pipe, done});      // any thread; done runs on the thread of this object
//
// A child that has not answered after kChildMs is killed. stop() waits for all.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/ring.hpp"
#include "gate/submission.hpp"

namespace weir::gate {

inline constexpr int kChildMs = 10'000;
inline constexpr std::size_t kChildrenMax = 8;

struct ChildReply {
  pid_t pid = 0;
  int pipe = -1;  // its reading end; closed by ChildReplies
  std::function<void(Reply&&)> done;
};

class ChildReplies {
 public:
  ChildReplies() : thread_([this] { run(); }) {}
  ~ChildReplies() { stop(); }
  ChildReplies(const ChildReplies&) = delete;
  ChildReplies& operator=(const ChildReplies&) = delete;

  // Takes one of the kChildrenMax places; false if all are taken.
  bool reserve();
  // Gives back a place for which no child came.
  void release() { open_.fetch_sub(1, std::memory_order_relaxed); }
  // Waits for a child that holds a place. Not after stop().
  void expect(ChildReply child);
  // Answers all that are expected. Safe to call again.
  void stop();

 private:
  void run();

  std::atomic<std::size_t> open_{0};
  BlockingQueue<ChildReply> children_{kChildrenMax};
  std::thread thread_;
};

}  // namespace weir::gate
