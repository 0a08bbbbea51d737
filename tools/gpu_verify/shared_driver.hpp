// SharedDriver: one driver behind many devices, so that each case of a check has a device of its
// own and the GPU is opened once. It also times what is launched.
//
//   std::shared_ptr<device::Driver> gpu = ...;
//   KernelTimes times;
//   Device::create(std::make_unique<SharedDriver>(gpu, &times), limits, clock);
#pragma once

#include <memory>
#include <utility>

#include "device/driver.hpp"
#include "tools/gpu_verify/kernel_times.hpp"

namespace weir::gpu_verify {

class SharedDriver final : public device::Driver {
 public:
  // `times`, which may be null, outlives the driver.
  explicit SharedDriver(std::shared_ptr<device::Driver> inner, KernelTimes* times = nullptr)
      : inner_(std::move(inner)), times_(times) {}

  const device::DeviceInfo& info() const override { return inner_->info(); }
  std::uint64_t memory_free() const override { return inner_->memory_free(); }
  Result<void*> allocate(std::size_t bytes, device::StreamId stream) override {
    return inner_->allocate(bytes, stream);
  }
  void free(void* memory, device::StreamId stream) noexcept override {
    inner_->free(memory, stream);
  }
  Result<void*> allocate_pinned(std::size_t bytes) override {
    return inner_->allocate_pinned(bytes);
  }
  void free_pinned(void* memory) noexcept override { inner_->free_pinned(memory); }
  Result<device::StreamId> create_stream() override { return inner_->create_stream(); }
  void destroy_stream(device::StreamId stream) noexcept override { inner_->destroy_stream(stream); }
  Result<device::EventId> create_event() override { return inner_->create_event(); }
  void destroy_event(device::EventId event) noexcept override { inner_->destroy_event(event); }
  Status copy(void* to, const void* from, std::size_t bytes, device::Direction direction,
              device::StreamId stream) override {
    return inner_->copy(to, from, bytes, direction, stream);
  }
  Status fill(void* memory, std::uint8_t value, std::size_t bytes,
              device::StreamId stream) override {
    return inner_->fill(memory, value, bytes, stream);
  }
  Status record(device::EventId event, device::StreamId stream) override {
    return inner_->record(event, stream);
  }
  Status wait(device::EventId event, device::StreamId stream) override {
    return inner_->wait(event, stream);
  }
  Result<bool> query(device::EventId event) override { return inner_->query(event); }
  Status synchronize(device::StreamId stream, device::Deadline deadline) override {
    return inner_->synchronize(stream, deadline);
  }
  Status synchronize_event(device::EventId event, device::Deadline deadline) override {
    return inner_->synchronize_event(event, deadline);
  }
  // A launch asks for the stream before and has its result noted after.
  Result<void*> native_stream(device::StreamId stream) override;
  Status note(Status status) override;
  Status health() const override { return inner_->health(); }

 private:
  std::shared_ptr<device::Driver> inner_;
  KernelTimes* times_;
};

}  // namespace weir::gpu_verify
