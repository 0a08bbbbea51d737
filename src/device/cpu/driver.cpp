#include "device/cpu/driver.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/check.hpp"

namespace weir::device::cpu {
namespace {

constexpr std::size_t kAlignment = 256;

class HostDriver final : public Driver {
 public:
  explicit HostDriver(std::uint64_t memory_bytes) {
    info_.kind = Kind::kCpu;
    info_.name = "host memory";
    info_.memory_bytes = memory_bytes;
  }
  const DeviceInfo& info() const override { return info_; }
  std::uint64_t memory_free() const override {
    const std::lock_guard lock(mutex_);
    return info_.memory_bytes - used_;
  }
  Result<void*> allocate(std::size_t bytes, StreamId) override {
    const std::lock_guard lock(mutex_);
    void* memory = nullptr;
    if (bytes <= info_.memory_bytes - used_) {
      memory = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
    }
    if (memory == nullptr) {
      return fail(resource_exhausted(kOutOfMemory,
                                     std::to_string(bytes) + " bytes of host memory, " +
                                         std::to_string(info_.memory_bytes - used_) + " free"));
    }
    live_.emplace(memory, bytes);
    used_ += bytes;
    return memory;
  }
  void free(void* memory, StreamId) noexcept override {
    const std::lock_guard lock(mutex_);
    const auto at = live_.find(memory);
    CHECK(at != live_.end());
    used_ -= at->second;
    live_.erase(at);
    std::free(memory);
  }
  Result<void*> allocate_pinned(std::size_t bytes) override {
    void* memory = std::malloc(bytes);
    if (memory == nullptr) {
      return fail(resource_exhausted(kOutOfMemory, std::to_string(bytes) + " bytes"));
    }
    return memory;
  }
  void free_pinned(void* memory) noexcept override { std::free(memory); }
  Result<StreamId> create_stream() override { return StreamId{next_id_.fetch_add(1)}; }
  void destroy_stream(StreamId) noexcept override {}
  Result<EventId> create_event() override { return EventId{next_id_.fetch_add(1)}; }
  void destroy_event(EventId) noexcept override {}
  Status copy(void* to, const void* from, std::size_t bytes, Direction, StreamId) override {
    std::memmove(to, from, bytes);
    return Status::ok();
  }
  Status fill(void* memory, std::uint8_t value, std::size_t bytes, StreamId) override {
    std::memset(memory, value, bytes);
    return Status::ok();
  }
  Status record(EventId, StreamId) override { return Status::ok(); }
  Status wait(EventId, StreamId) override { return Status::ok(); }
  Result<bool> query(EventId) override { return true; }
  Status synchronize(StreamId, Deadline) override { return Status::ok(); }
  Status synchronize_event(EventId, Deadline) override { return Status::ok(); }
  Result<void*> native_stream(StreamId) override { return nullptr; }
  Status note(Status status) override { return status; }
  Status health() const override { return Status::ok(); }

 private:
  DeviceInfo info_;
  mutable std::mutex mutex_;
  std::unordered_map<void*, std::size_t> live_;
  std::uint64_t used_ = 0;
  std::atomic<std::uint32_t> next_id_{1};
};

}  // namespace

std::unique_ptr<Driver> make_driver(std::uint64_t memory_bytes) {
  return std::make_unique<HostDriver>(memory_bytes);
}

}  // namespace weir::device::cpu
