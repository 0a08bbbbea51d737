#include "device/breaker.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace weir::device {
namespace {

std::int64_t mono_us(const Clock& clock) {
  return clock.mono_ns() / 1000;
}

}  // namespace

std::string_view breaker_state_name(BreakerState state) {
  constexpr std::array<std::string_view, kBreakerStates> kNames = {"closed", "open", "half_open",
                                                                   "dead"};
  return kNames[static_cast<std::size_t>(state)];
}

Breaker::Breaker(const BreakerOptions& options, const Clock& clock)
    : options_(options), clock_(clock), since_us_(clock.wall_us()) {
  CHECK_GE(options_.failures, 1U);
  options_.open_us_max = std::max(options_.open_us_max, options_.open_us);
}

void Breaker::turn(BreakerState state) {
  state_.store(state, std::memory_order_release);
  since_us_ = clock_.wall_us();
}

void Breaker::open(std::int64_t open_us, std::int64_t now_us) {
  opened_us_ = now_us;
  open_for_us_ = std::min(open_us, options_.open_us_max);
  ++opened_;
  failed_us_.clear();
  turn(BreakerState::kOpen);
}

Admission Breaker::admit() {
  if (state() == BreakerState::kClosed) return Admission::kYes;
  const std::lock_guard lock(mutex_);
  switch (state()) {
    case BreakerState::kClosed:
      return Admission::kYes;
    case BreakerState::kOpen:
      if (mono_us(clock_) - opened_us_ < open_for_us_) return Admission::kNo;
      turn(BreakerState::kHalfOpen);
      return Admission::kProbe;
    case BreakerState::kHalfOpen:
    case BreakerState::kDead:
      return Admission::kNo;
  }
  return Admission::kNo;
}

bool Breaker::failed(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (state() != BreakerState::kClosed) return false;
  reason_ = reason;
  const std::int64_t now_us = mono_us(clock_);
  while (!failed_us_.empty() && now_us - failed_us_.front() >= options_.window_us) {
    failed_us_.pop_front();
  }
  failed_us_.push_back(now_us);
  if (failed_us_.size() < options_.failures) return false;
  open(options_.open_us, now_us);
  return true;
}

void Breaker::probed(bool good, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (state() == BreakerState::kDead) return;
  CHECK(state() == BreakerState::kHalfOpen);
  if (good) {
    open_for_us_ = 0;
    turn(BreakerState::kClosed);
    return;
  }
  reason_ = reason;
  open(2 * open_for_us_, mono_us(clock_));
}

void Breaker::kill(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (state() == BreakerState::kDead) return;  // the first reason is the one that matters
  reason_ = reason;
  failed_us_.clear();
  turn(BreakerState::kDead);
}

Breaker::View Breaker::view() const {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_us = mono_us(clock_);
  View out;
  out.state = state();
  out.reason = reason_;
  out.since_us = since_us_;
  out.open_for_us = out.state == BreakerState::kOpen ? open_for_us_ : 0;
  out.failures = static_cast<std::uint32_t>(
      std::count_if(failed_us_.begin(), failed_us_.end(),
                    [&](std::int64_t at_us) { return now_us - at_us < options_.window_us; }));
  out.opened = opened_;
  return out;
}

}  // namespace weir::device
