// Clock: the only way to read time, so that tests and replay inject their own.
//
//   Clock& clock = system_clock();
//   const std::int64_t started_ns = clock.mono_ns();
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

class Clock {
 public:
  virtual ~Clock() = default;
  // Returns wall time in microseconds since 1970 UTC.
  virtual std::int64_t wall_us() const = 0;
  // Returns a monotonic time in nanoseconds; only differences mean anything.
  virtual std::int64_t mono_ns() const = 0;
};

// Returns the machine's clock. Thread-safe, lives for ever.
Clock& system_clock();

// Returns the processor time that the calling thread has used, in nanoseconds: what a piece of work
// costs, whoever else is on the machine. A system call, about 0.15 us.
std::int64_t thread_cpu_ns();

// A clock that moves only when told to. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_us = 0) : wall_us_(wall_us) {}
  std::int64_t wall_us() const override { return wall_us_.load(std::memory_order_relaxed); }
  std::int64_t mono_ns() const override { return wall_us() * 1000; }
  void set_us(std::int64_t wall_us) { wall_us_.store(wall_us, std::memory_order_relaxed); }
  void advance_us(std::int64_t delta_us) {
    wall_us_.fetch_add(delta_us, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> wall_us_;
};

}  // namespace weir
