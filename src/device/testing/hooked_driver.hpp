// HookedDriver: a simulated device that calls back before it copies or waits, for tests of what
// others may do meanwhile.
//
//   auto hooked = std::make_unique<testing::HookedDriver>(sim::make_driver(plan, bytes));
//   hooked->before_copy = [&](Direction direction) { ... };
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "device/sim/driver.hpp"

namespace weir::device::testing {

class HookedDriver final : public sim::SimDriver {
 public:
  explicit HookedDriver(std::unique_ptr<sim::SimDriver> inner) : inner_(std::move(inner)) {}
  std::function<void(Direction)> before_copy;
  std::function<void()> before_synchronize;
  std::function<void()> before_event_wait;

  const DeviceInfo& info() const override { return inner_->info(); }
  std::uint64_t memory_free() const override { return inner_->memory_free(); }
  Result<void*> allocate(std::size_t bytes, StreamId stream) override {
    return inner_->allocate(bytes, stream);
  }
  void free(void* memory, StreamId stream) noexcept override { inner_->free(memory, stream); }
  Result<void*> allocate_pinned(std::size_t bytes) override {
    return inner_->allocate_pinned(bytes);
  }
  void free_pinned(void* memory) noexcept override { inner_->free_pinned(memory); }
  Result<StreamId> create_stream() override { return inner_->create_stream(); }
  void destroy_stream(StreamId stream) noexcept override { inner_->destroy_stream(stream); }
  Result<EventId> create_event() override { return inner_->create_event(); }
  void destroy_event(EventId event) noexcept override { inner_->destroy_event(event); }
  Status copy(void* to, const void* from, std::size_t bytes, Direction direction,
              StreamId stream) override {
    if (before_copy) before_copy(direction);
    return inner_->copy(to, from, bytes, direction, stream);
  }
  Status fill(void* memory, std::uint8_t value, std::size_t bytes, StreamId stream) override {
    return inner_->fill(memory, value, bytes, stream);
  }
  Status record(EventId event, StreamId stream) override { return inner_->record(event, stream); }
  Status wait(EventId event, StreamId stream) override { return inner_->wait(event, stream); }
  Result<bool> query(EventId event) override { return inner_->query(event); }
  Status synchronize(StreamId stream, Deadline deadline) override {
    if (before_synchronize) before_synchronize();
    return inner_->synchronize(stream, deadline);
  }
  Status synchronize_event(EventId event, Deadline deadline) override {
    if (before_event_wait) before_event_wait();
    return inner_->synchronize_event(event, deadline);
  }
  Result<void*> native_stream(StreamId stream) override { return inner_->native_stream(stream); }
  Status note(Status status) override { return inner_->note(std::move(status)); }
  Status health() const override { return inner_->health(); }
  Status enqueue(StreamId stream, Work work) override {
    return inner_->enqueue(stream, std::move(work));
  }
  std::uint64_t operations() const override { return inner_->operations(); }
  std::uint64_t bytes_live() const override { return inner_->bytes_live(); }

 private:
  std::unique_ptr<sim::SimDriver> inner_;
};

}  // namespace weir::device::testing
