// TaskWatch: whether anybody still wants the result of a call, and what the call costs.
//
//   TaskWatch watch(options.cancel, options.deadline, clock);
//   Workers workers = context.workers().watched(watch);
//   try {
//     workers.run(tasks, task);                       // stops between two tasks
//   } catch (const TaskWatch::Stopped&) {
//     return watch.why();                             // cancelled or deadline_exceeded
//   }
//
// An op that nobody wants any more leaves its loops by this exception: no form has to ask. Only the
// executor makes watches and catches it. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"
#include "base/status.hpp"
#include "device/driver.hpp"

namespace weir::ops {

class TaskWatch {
 public:
  struct Stopped {};

  // `cancel` may be null: nobody cancels. It and `clock` outlive the watch.
  TaskWatch(const std::atomic<bool>* cancel, device::Deadline deadline, const Clock& clock)
      : cancel_(cancel), deadline_(deadline), clock_(clock) {}

  bool cancelled() const { return cancel_ != nullptr && cancel_->load(std::memory_order_relaxed); }
  bool late() const { return !deadline_.none() && clock_.mono_ns() >= deadline_.mono_ns; }
  bool stopped() const { return cancelled() || late(); }
  // Returns ok, cancelled or deadline_exceeded.
  Status why() const;

  // Processor time that other threads than the caller's spent on tasks.
  void add_cpu_ns(std::int64_t ns) { cpu_ns_.fetch_add(ns, std::memory_order_relaxed); }
  std::int64_t cpu_ns() const { return cpu_ns_.load(std::memory_order_relaxed); }

 private:
  const std::atomic<bool>* const cancel_;
  const device::Deadline deadline_;
  const Clock& clock_;
  std::atomic<std::int64_t> cpu_ns_{0};
};

}  // namespace weir::ops
