// Workers: the CPU threads an op may use. Tasks are what the op defines, never what threads happen
// to do, so that a result does not depend on how many there are.
//
//   Workers workers(2);
//   workers.run(blocks, [&](std::size_t block) { partial[block] = fold(block); });
//
// A view of oneTBB's pool with a limit; no threads of its own. run() may be called from several
// threads at once and from inside a task.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include "ops/task_watch.hpp"

namespace weir::ops {

class Workers {
 public:
  // `threads` 0: as many as the machine has cores.
  explicit Workers(unsigned threads = 0);
  Workers(Workers&&) noexcept = default;
  Workers& operator=(Workers&&) noexcept = default;

  unsigned threads() const { return threads_; }

  // Returns the same threads under a watch, which must outlive the result. Allocates nothing.
  Workers watched(TaskWatch& watch) const {
    Workers workers = *this;
    workers.watch_ = &watch;
    return workers;
  }

  // Calls task(i) once for each i in [0, tasks), on at most threads() threads, in no promised
  // order; returns when all are done. One thread or one task: runs in place and allocates nothing.
  // Under a watch that says stop, begins no further task and throws TaskWatch::Stopped; what a task
  // throws comes out, too.
  template <class Task>
  void run(std::size_t tasks, Task&& task) {
    using Body = std::remove_reference_t<Task>;
    if (threads_ == 1 || tasks <= 1) {
      for (std::size_t i = 0; i < tasks; ++i) {
        if (watch_ != nullptr && watch_->stopped()) throw TaskWatch::Stopped{};
        task(i);
      }
      return;
    }
    run_erased(
        tasks, [](void* body, std::size_t i) { (*static_cast<Body*>(body))(i); },
        const_cast<void*>(static_cast<const void*>(&task)));
  }

 private:
  Workers(const Workers&) = default;

  using Call = void (*)(void* body, std::size_t task);
  void run_erased(std::size_t tasks, Call call, void* body);

  struct Arena;
  unsigned threads_;
  std::shared_ptr<Arena> arena_;
  TaskWatch* watch_ = nullptr;
};

}  // namespace weir::ops
