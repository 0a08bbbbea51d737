// Breaker: keeps work away from a device that fails.
//
//   Breaker breaker({.failures = 5}, clock);
//   switch (breaker.admit()) {
//     case Admission::kNo:    return run_on_cpu(Reason::kBreakerOpen);
//     case Admission::kProbe: breaker.probed(self_test()); break;   // this caller tests it
//     case Admission::kYes:   break;
//   }
//   if (const Status status = run(); !status.is_ok()) breaker.failed(status.to_string());
//
//   closed     work goes to the device. `failures` of them within the window open it
//   open       none does, for `open`. Then the next caller is asked to probe
//   half_open  one caller probes, the others are sent away. A good probe closes the breaker and
//              forgets all failures; a bad one opens it for twice as long as before, ten minutes
//              at most (or `open`, if that is longer)
//   dead       for good: the device hung or was lost, and what is left of it is not to be touched
//
// Failures told while it is not closed change nothing: they come from work that began before.
// Thread-safe; admit() of a closed breaker is one load.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace weir::device {

enum class BreakerState : std::uint8_t { kClosed, kOpen, kHalfOpen, kDead };
inline constexpr std::size_t kBreakerStates = 4;
std::string_view breaker_state_name(BreakerState state);  // "closed", "open", "half_open", "dead"

enum class Admission : std::uint8_t { kYes, kNo, kProbe };

struct BreakerOptions {
  std::uint32_t failures = 5;  // at least 1
  std::int64_t window_us = 60'000'000;
  std::int64_t open_us = 30'000'000;
  std::int64_t open_us_max = 600'000'000;
};

class Breaker {
 public:
  struct View {
    BreakerState state = BreakerState::kClosed;
    std::string reason = {};       // of the last failure that counted; empty: none yet
    std::int64_t since_us = 0;     // wall time of the last change of state
    std::int64_t open_for_us = 0;  // how long it stays open this time; 0 unless open
    std::uint32_t failures = 0;    // in the window
    std::uint64_t opened = 0;      // how often it opened
  };

  // `clock` must outlive the breaker.
  Breaker(const BreakerOptions& options, const Clock& clock);

  // Says whether the caller may use the device. After kProbe it must call probed().
  Admission admit();
  // Counts an error of the device. True if this one opened the breaker.
  bool failed(std::string_view reason);
  // Ends the probe that admit() asked for; ignored once the breaker is dead.
  void probed(bool good, std::string_view reason = {});
  // Closes the device to everybody, for good.
  void kill(std::string_view reason);

  BreakerState state() const { return state_.load(std::memory_order_acquire); }
  View view() const;

 private:
  void turn(BreakerState state);
  void open(std::int64_t open_us, std::int64_t now_us);

  BreakerOptions options_;
  const Clock& clock_;
  std::atomic<BreakerState> state_{BreakerState::kClosed};
  mutable std::mutex mutex_;
  std::deque<std::int64_t> failed_us_;  // monotonic, within the window, oldest first
  std::int64_t opened_us_ = 0;          // monotonic
  std::int64_t open_for_us_ = 0;
  std::int64_t since_us_;
  std::uint64_t opened_ = 0;
  std::string reason_;
};

}  // namespace weir::device
