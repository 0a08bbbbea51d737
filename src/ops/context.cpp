#include "ops/context.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace weir::ops {
namespace {

// Copies in parts of at least 256 KiB: less is copied before another thread has begun.
void copy_with(Workers& workers, void* to, const void* from, std::size_t bytes) {
  constexpr std::size_t kPartBytes = std::size_t{256} << 10;
  const std::size_t parts = std::clamp<std::size_t>(bytes / kPartBytes, 1, workers.threads());
  const std::size_t part = (bytes + parts - 1) / parts;
  workers.run(parts, [&](std::size_t i) {
    const std::size_t at = std::min(bytes, i * part);
    std::memcpy(static_cast<std::byte*>(to) + at, static_cast<const std::byte*>(from) + at,
                std::min(part, bytes - at));
  });
}

}  // namespace

Context::Context(Workers workers, Clock& clock) : workers_(std::move(workers)), clock_(clock) {}

Context::~Context() {
  // Before the device they belong to.
  slots_.clear();
  kept_arrays_.reset();
}

void Context::use_device(std::unique_ptr<device::Device> device, const DevicePolicy& policy) {
  device_ = std::move(device);
  policy_ = policy;
  if (workers_.threads() > 1) {
    device_->set_host_copy([this](void* to, const void* from, std::size_t bytes) {
      copy_with(workers_, to, from, bytes);
    });
  }
  breaker_ = std::make_unique<device::Breaker>(policy.breaker, clock_);
  no_device_ = Reason::kNone;
  no_device_sentence_.clear();
}

void Context::without_device(Reason reason, std::string sentence) {
  no_device_ = reason;
  no_device_sentence_ = std::move(sentence);
}

std::optional<Context::Slot> Context::take_slot(const TaskWatch& watch) {
  // Nobody wakes a waiter whose deadline has come: it looks by itself.
  constexpr std::chrono::milliseconds kLookAgain{5};
  std::unique_lock lock(slots_mutex_);
  const auto free = [&] { return !slots_.empty() || slots_made_ < policy_.workers; };
  while (!slot_free_.wait_for(lock, kLookAgain, free)) {
    if (watch.stopped()) return std::nullopt;
  }
  if (slots_.empty()) {
    ++slots_made_;
    return Slot(*this, std::make_unique<LaneSet>(*device_));
  }
  Slot slot(*this, std::move(slots_.back()));
  slots_.pop_back();
  return slot;
}

Context::Slot::~Slot() {
  if (lanes_ == nullptr) return;
  {
    const std::lock_guard lock(context_->slots_mutex_);
    context_->slots_.push_back(std::move(lanes_));
  }
  context_->slot_free_.notify_one();
}

void Context::done(const Report& report, const Status& status) {
  {
    const std::lock_guard lock(counts_mutex_);
    auto at = counts_.find(report.op);
    if (at == counts_.end()) at = counts_.emplace(std::string(report.op), OpCount{}).first;
    OpCount& count = at->second;
    ++count.count;
    count.gpu_count += report.gpu_used() ? 1 : 0;
    count.failed += status.is_ok() ? 0 : 1;
    count.seconds += report.seconds;
  }
  if (observer_) observer_(report, status);
}

void Context::fell_back(Reason reason) {
  const std::lock_guard lock(counts_mutex_);
  ++fallbacks_[static_cast<std::size_t>(reason)];
}

std::map<std::string, OpCount, std::less<>> Context::op_counts() const {
  const std::lock_guard lock(counts_mutex_);
  return counts_;
}

std::array<std::uint64_t, kReasons> Context::fallback_counts() const {
  const std::lock_guard lock(counts_mutex_);
  return fallbacks_;
}

}  // namespace weir::ops
