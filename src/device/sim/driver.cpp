#include "device/sim/driver.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/rng.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define WEIR_SIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_SIM_ASAN 1
#endif
#endif
#if defined(WEIR_SIM_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace weir::device::sim {
namespace {

constexpr std::size_t kAlignment = 256;
constexpr int kFillByte = 0xFB;

enum class TaskKind : std::uint8_t { kCopy, kKernel, kRecord, kWait, kFree, kHang };

struct Task {
  TaskKind kind = TaskKind::kKernel;
  SimDriver::Work work;
  EventId event{};
  std::uint64_t generation = 0;
  void* memory = nullptr;
};

struct EventState {
  std::uint64_t recorded = 0;  // enqueued
  std::uint64_t reached = 0;   // executed
  bool destroyed = false;      // by its owner; what is recorded still counts for those that wait
};

void poison(void* memory, std::size_t bytes) {
#if defined(WEIR_SIM_ASAN)
  ASAN_POISON_MEMORY_REGION(memory, bytes);
#else
  static_cast<void>(memory);
  static_cast<void>(bytes);
#endif
}

void unpoison(void* memory, std::size_t bytes) {
#if defined(WEIR_SIM_ASAN)
  ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
#else
  static_cast<void>(memory);
  static_cast<void>(bytes);
#endif
}

class Simulation final : public SimDriver {
 public:
  Simulation(const FaultPlan& plan, std::uint64_t memory_bytes)
      : plan_(plan), rng_(plan.seed, 0x51D), allocation_rng_(plan.seed, 0xA110C) {
    info_.kind = Kind::kSim;
    info_.name = "simulated device";
    info_.uuid = "SIM-" + std::to_string(plan.seed);
    info_.memory_bytes = memory_bytes;
    info_.multiprocessors = 1;
  }

  ~Simulation() override {
    for (auto& [memory, bytes] : live_) {
      unpoison(memory, bytes);
      std::free(memory);
    }
  }

  const DeviceInfo& info() const override { return info_; }
  std::uint64_t memory_free() const override {
    const std::lock_guard lock(mutex_);
    return info_.memory_bytes - bytes_live_;
  }
  std::uint64_t bytes_live() const override {
    const std::lock_guard lock(mutex_);
    return bytes_live_;
  }
  std::uint64_t operations() const override {
    const std::lock_guard lock(mutex_);
    return operations_;
  }
  Status health() const override {
    const std::lock_guard lock(mutex_);
    return lost_;
  }
  Result<void*> native_stream(StreamId) override { return nullptr; }
  Status note(Status status) override { return status; }

  Result<void*> allocate(std::size_t bytes, StreamId) override {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    ++allocations_;
    const bool unlucky = plan_.oom_rate > 0 && allocation_rng_.next_unit() < plan_.oom_rate;
    const bool beyond = plan_.oom_at_bytes != 0 && bytes_live_ + bytes > plan_.oom_at_bytes;
    if (unlucky || beyond || allocations_ == plan_.oom_at_op ||
        bytes > info_.memory_bytes - bytes_live_) {
      return fail(resource_exhausted(
          kOutOfMemory, std::to_string(bytes) + " bytes on the simulated device, " +
                            std::to_string(info_.memory_bytes - bytes_live_) + " free"));
    }
    const std::size_t size = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    void* memory = std::aligned_alloc(kAlignment, size);
    CHECK(memory != nullptr);
    std::memset(memory, kFillByte, size);
    poison(memory, size);
    live_.emplace(memory, bytes);
    bytes_live_ += bytes;
    return memory;
  }

  void free(void* memory, StreamId stream) noexcept override {
    const std::lock_guard lock(mutex_);
    if (!lost_.is_ok()) return release(memory);
    Task task;
    task.kind = TaskKind::kFree;
    task.memory = memory;
    streams_[stream].push_back(std::move(task));
  }

  Result<void*> allocate_pinned(std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    void* memory = std::malloc(bytes);
    CHECK(memory != nullptr);
    std::memset(memory, kFillByte, bytes);
    return memory;
  }
  void free_pinned(void* memory) noexcept override { std::free(memory); }

  Result<StreamId> create_stream() override {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    const StreamId id{next_id_++};
    streams_[id];
    return id;
  }
  void destroy_stream(StreamId stream) noexcept override {
    const std::lock_guard lock(mutex_);
    for (Task& task : streams_[stream]) {
      if (task.kind == TaskKind::kFree) release(task.memory);
    }
    streams_.erase(stream);
  }
  Result<EventId> create_event() override {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    const EventId id{next_id_++};
    events_[id];
    return id;
  }
  void destroy_event(EventId event) noexcept override {
    const std::lock_guard lock(mutex_);
    const auto at = events_.find(event);
    at->second.destroyed = true;
    forget_if_over(at);
  }

  Status copy(void* to, const void* from, std::size_t bytes, Direction, StreamId stream) override {
    return add(stream, TaskKind::kCopy,
               [to, from, bytes](std::uint64_t) { std::memcpy(to, from, bytes); });
  }
  Status fill(void* memory, std::uint8_t value, std::size_t bytes, StreamId stream) override {
    return add(stream, TaskKind::kCopy,
               [memory, value, bytes](std::uint64_t) { std::memset(memory, value, bytes); });
  }
  Status enqueue(StreamId stream, Work work) override {
    return add(stream, TaskKind::kKernel, std::move(work));
  }

  Status record(EventId event, StreamId stream) override {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    Task task;
    task.kind = TaskKind::kRecord;
    task.event = event;
    task.generation = ++events_[event].recorded;
    streams_[stream].push_back(std::move(task));
    return Status::ok();
  }
  Status wait(EventId event, StreamId stream) override {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    Task task;
    task.kind = TaskKind::kWait;
    task.event = event;
    task.generation = events_[event].recorded;
    streams_[stream].push_back(std::move(task));
    return Status::ok();
  }
  Result<bool> query(EventId event) override {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    const auto reached = [&] { return events_[event].reached >= events_[event].recorded; };
    // Asking is a chance for the device to get on, as on a real one.
    for (std::uint32_t steps = rng_.next_below(4); steps > 0 && !reached(); --steps) {
      if (!step()) break;
    }
    WEIR_TRY(lost_);
    return reached();
  }
  Status synchronize(StreamId stream, Deadline) override {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    return run_until([&] { return streams_[stream].empty(); });
  }
  Status synchronize_event(EventId event, Deadline) override {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    return run_until([&] { return events_[event].reached >= events_[event].recorded; });
  }

 private:
  Status begin_operation() {
    ++operations_;
    if (operations_ == plan_.lose_at_op) {
      lost_ = unavailable(
          kDeviceLost, "the simulated device was lost at operation " + std::to_string(operations_));
    }
    return lost_;
  }

  Status add(StreamId stream, TaskKind kind, Work work) {
    const std::lock_guard lock(mutex_);
    WEIR_TRY(begin_operation());
    Task task;
    task.kind = ++enqueued_ == plan_.hang_at_op ? TaskKind::kHang : kind;
    task.work = std::move(work);
    streams_[stream].push_back(std::move(task));
    return Status::ok();
  }

  void release(void* memory) {
    const auto at = live_.find(memory);
    CHECK(at != live_.end());
    unpoison(memory, at->second);
    std::memset(memory, kFillByte, at->second);
    bytes_live_ -= at->second;
    live_.erase(at);
    std::free(memory);
  }

  using EventAt = std::unordered_map<EventId, EventState>::iterator;
  void forget_if_over(EventAt at) {
    const EventState& state = at->second;
    if (state.destroyed && state.reached >= state.recorded) events_.erase(at);
  }

  bool runnable(const Task& task) {
    if (task.kind == TaskKind::kHang) return false;
    if (task.kind != TaskKind::kWait) return true;
    const auto event = events_.find(task.event);
    return event == events_.end() || event->second.reached >= task.generation;
  }

  // Runs the front of a random stream that is not blocked; returns false if there is none.
  bool step() {
    std::vector<StreamId> ready;
    std::vector<StreamId> copies;
    for (auto& [id, tasks] : streams_) {
      if (tasks.empty() || !runnable(tasks.front())) continue;
      const bool late = plan_.slow_copies && tasks.front().kind == TaskKind::kCopy;
      (late ? copies : ready).push_back(id);
    }
    if (ready.empty()) ready.swap(copies);
    if (ready.empty()) return false;
    auto& tasks = streams_[ready[rng_.next_below(static_cast<std::uint32_t>(ready.size()))]];
    Task task = std::move(tasks.front());
    tasks.pop_front();
    execute(task);
    return true;
  }

  void execute(Task& task) {
    switch (task.kind) {
      case TaskKind::kRecord:
        if (const auto at = events_.find(task.event); at != events_.end()) {
          at->second.reached = std::max(at->second.reached, task.generation);
          forget_if_over(at);
        }
        break;
      case TaskKind::kFree:
        release(task.memory);
        break;
      case TaskKind::kCopy:
      case TaskKind::kKernel:
        for (auto& [memory, bytes] : live_) unpoison(memory, bytes);
        task.work(rng_.next_u64());
        for (auto& [memory, bytes] : live_) poison(memory, bytes);
        break;
      default:
        break;
    }
  }

  template <class Done>
  Status run_until(Done&& done) {
    while (!done()) {
      if (!step()) {
        lost_ =
            Status(Code::kDeadlineExceeded, kTimeout, "work on the simulated device does not end");
        return lost_;
      }
    }
    return lost_;
  }

  const FaultPlan plan_;
  DeviceInfo info_;
  mutable std::mutex mutex_;
  Philox rng_;
  Philox allocation_rng_;
  std::map<StreamId, std::deque<Task>> streams_;  // ordered: the seed alone decides
  std::unordered_map<EventId, EventState> events_;
  std::map<void*, std::size_t> live_;
  std::uint64_t bytes_live_ = 0;
  std::uint64_t operations_ = 0;
  std::uint64_t allocations_ = 0;
  std::uint64_t enqueued_ = 0;
  std::uint32_t next_id_ = 1;
  Status lost_;
};

}  // namespace

std::unique_ptr<SimDriver> make_driver(const FaultPlan& plan, std::uint64_t memory_bytes) {
  return std::make_unique<Simulation>(plan, memory_bytes);
}

}  // namespace weir::device::sim
