#include "device/device.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/check.hpp"

namespace weir::device {
namespace {

constexpr std::size_t kSlots = 8;
constexpr std::size_t kNsPerMs = 1'000'000;

}  // namespace

Buffer::Buffer(Buffer&& other) noexcept
    : device_(std::exchange(other.device_, nullptr)),
      draw_(std::move(other.draw_)),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      stream_(other.stream_),
      tag_(other.tag_) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  device_ = std::exchange(other.device_, nullptr);
  draw_ = std::move(other.draw_);
  data_ = std::exchange(other.data_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  stream_ = other.stream_;
  tag_ = other.tag_;
  return *this;
}

void Buffer::release() noexcept {
  if (data_ == nullptr) return;
  device_->driver_->free(data_, stream_);
  device_->allocated_[static_cast<std::size_t>(tag_)].fetch_sub(bytes_, std::memory_order_relaxed);
  data_ = nullptr;
  draw_ = {};
}

void Buffer::free_on(const Stream& stream) {
  stream_ = stream.id();
}

Event::Event(Event&& other) noexcept
    : driver_(std::exchange(other.driver_, nullptr)), id_(other.id_) {}

Event& Event::operator=(Event&& other) noexcept {
  if (this == &other) return *this;
  if (driver_ != nullptr) driver_->destroy_event(id_);
  driver_ = std::exchange(other.driver_, nullptr);
  id_ = other.id_;
  return *this;
}

Event::~Event() {
  if (driver_ != nullptr) driver_->destroy_event(id_);
}

Result<bool> Event::over() const {
  if (driver_ == nullptr) return true;
  return driver_->query(id_);
}

Stream::Stream(Stream&& other) noexcept
    : device_(std::exchange(other.device_, nullptr)),
      staging_(other.staging_),
      id_(other.id_),
      deliveries_(std::move(other.deliveries_)),
      waiting_(std::move(other.waiting_)),
      next_waiting_(std::exchange(other.next_waiting_, 0)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this == &other) return *this;
  release();
  device_ = std::exchange(other.device_, nullptr);
  staging_ = other.staging_;
  id_ = other.id_;
  deliveries_ = std::move(other.deliveries_);
  waiting_ = std::move(other.waiting_);
  next_waiting_ = std::exchange(other.next_waiting_, 0);
  return *this;
}

Stream::~Stream() {
  release();
}

void Stream::drain() noexcept {
  if (device_ == nullptr) return;
  static_cast<void>(device_->driver_->synchronize(id_, device_->deadline_or_default({})));
  drop_downloads();
}

void Stream::drop_downloads() noexcept {
  deliveries_.clear();
  waiting_.clear();
  next_waiting_ = 0;
}

void Stream::release() noexcept {
  if (device_ == nullptr) return;
  drain();
  device_->driver_->destroy_stream(id_);
  device_ = nullptr;
}

// Downloads hold their slots until they are delivered; at most a quarter of the ring for each
// stream, so that three streams of one thread leave slots for uploads.
bool Stream::may_hold_another() const {
  return deliveries_.size() < std::max<std::size_t>(1, staging_->slots() / 4);
}

void Stream::copy_on_host(void* to, const void* from, std::size_t bytes) {
  if (device_->host_copy_) return device_->host_copy_(to, from, bytes);
  std::memcpy(to, from, bytes);
}

Status Stream::upload(void* to, const void* from, std::size_t bytes) {
  Driver& driver = *device_->driver_;
  device_->bytes_up_.fetch_add(bytes, std::memory_order_relaxed);
  if (driver.info().kind == Kind::kCpu) {
    return driver.copy(to, from, bytes, Direction::kToDevice, id_);
  }
  WEIR_TRY(settle());
  const std::size_t piece = staging_->slot_bytes();
  for (std::size_t done = 0; done < bytes; done += piece) {
    const std::size_t now = std::min(piece, bytes - done);
    WEIR_ASSIGN(StagingSlot slot, staging_->acquire(device_->deadline_or_default({})));
    copy_on_host(slot.data(), static_cast<const std::byte*>(from) + done, now);
    WEIR_TRY(driver.copy(static_cast<std::byte*>(to) + done, slot.data(), now, Direction::kToDevice,
                         id_));
    WEIR_TRY(slot.busy_until(id_));
  }
  return Status::ok();
}

Status Stream::download(void* to, const void* from, std::size_t bytes) {
  Driver& driver = *device_->driver_;
  device_->bytes_down_.fetch_add(bytes, std::memory_order_relaxed);
  if (driver.info().kind == Kind::kCpu) {
    return driver.copy(to, from, bytes, Direction::kToHost, id_);
  }
  const std::size_t piece = staging_->slot_bytes();
  for (std::size_t done = 0; done < bytes; done += piece) {
    waiting_.push_back({static_cast<std::byte*>(to) + done,
                        static_cast<const std::byte*>(from) + done, std::min(piece, bytes - done)});
  }
  return start_waiting({}, false);
}

Status Stream::start(const Piece& piece, StagingSlot slot) {
  WEIR_TRY(device_->driver_->copy(slot.data(), piece.from, piece.bytes, Direction::kToHost, id_));
  WEIR_TRY(slot.written_by(id_));
  deliveries_.push_back({std::move(slot), piece.to, piece.bytes});
  return Status::ok();
}

// Enqueues the downloads that wait for a slot: as many as there are slots for now, or all. A stream
// that holds slots waits for its own oldest, one that holds none for whoever uploads.
Status Stream::start_waiting(Deadline deadline, bool wait) {
  while (next_waiting_ < waiting_.size()) {
    StagingSlot slot;
    if (may_hold_another()) {
      WEIR_ASSIGN(slot, staging_->try_acquire());
    }
    if (!slot && !wait) return Status::ok();
    if (!slot && !deliveries_.empty()) {
      WEIR_TRY(deliver_oldest(deadline));
      continue;
    }
    if (!slot) {
      WEIR_ASSIGN(slot, staging_->acquire(device_->deadline_or_default(deadline)));
    }
    WEIR_TRY(start(waiting_[next_waiting_++], std::move(slot)));
  }
  waiting_.clear();
  next_waiting_ = 0;
  return Status::ok();
}

// Waits for the oldest download and hands what arrived to whom it is for; those behind it go on
// meanwhile.
Status Stream::deliver_oldest(Deadline deadline) {
  Delivery& oldest = deliveries_.front();
  WEIR_TRY(oldest.slot.wait_written(device_->deadline_or_default(deadline)));
  copy_on_host(oldest.to, oldest.slot.data(), oldest.bytes);
  deliveries_.erase(deliveries_.begin());
  return Status::ok();
}

Status Stream::settle() {
  return next_waiting_ == waiting_.size() ? Status::ok() : start_waiting({}, true);
}

Status Stream::synchronize(Deadline deadline) {
  const auto delivered = [&]() -> Status {
    WEIR_TRY(start_waiting(deadline, true));
    while (!deliveries_.empty()) WEIR_TRY(deliver_oldest(deadline));
    return device_->driver_->synchronize(id_, device_->deadline_or_default(deadline));
  };
  const Status done = delivered();
  drop_downloads();
  return done;
}

Status Stream::copy_on_device(void* to, const void* from, std::size_t bytes) {
  WEIR_TRY(settle());
  return device_->driver_->copy(to, from, bytes, Direction::kOnDevice, id_);
}

Status Stream::fill(void* memory, std::uint8_t value, std::size_t bytes) {
  WEIR_TRY(settle());
  return device_->driver_->fill(memory, value, bytes, id_);
}

Status Stream::record(Event& event) {
  WEIR_TRY(settle());
  return device_->driver_->record(event.id_, id_);
}

Status Stream::wait(const Event& event) {
  WEIR_TRY(settle());
  return device_->driver_->wait(event.id_, id_);
}

Device::Device(std::unique_ptr<Driver> driver, const DeviceLimits& limits, Clock& clock)
    : driver_(std::move(driver)),
      limits_(limits),
      clock_(clock),
      budget_(limits.memory_bytes_max),
      staging_(create_staging()) {}

Device::~Device() = default;

Result<std::unique_ptr<Device>> Device::create(std::unique_ptr<Driver> driver,
                                               const DeviceLimits& limits, Clock& clock) {
  CHECK(driver != nullptr);
  if (limits.memory_bytes_max == 0) {
    return fail(
        invalid_argument("range", "a memory budget of 0 bytes").at("device.memory_bytes_max"));
  }
  return std::unique_ptr<Device>(new Device(std::move(driver), limits, clock));
}

std::unique_ptr<Staging> Device::create_staging() {
  return std::make_unique<Staging>(*driver_, kSlots,
                                   std::max<std::size_t>(limits_.staging_bytes / kSlots, 4096));
}

Result<Stream> Device::create_stream(Staging* staging) {
  WEIR_ASSIGN(const StreamId id, driver_->create_stream());
  Stream stream;
  stream.device_ = this;
  stream.staging_ = staging != nullptr ? staging : staging_.get();
  stream.id_ = id;
  return stream;
}

Result<Event> Device::create_event() {
  WEIR_ASSIGN(const EventId id, driver_->create_event());
  Event event;
  event.driver_ = driver_.get();
  event.id_ = id;
  return event;
}

Result<Reservation> Device::reserve(std::size_t bytes, Tag tag, Priority priority) {
  Result<Reservation> reservation = budget_.reserve(bytes, tag, priority);
  if (reservation || !spill_ || bytes > budget_.bytes_max()) return reservation;
  const std::size_t free = budget_.available(priority);
  if (bytes > free && spill_(bytes - free) == 0) return reservation;
  return budget_.reserve(bytes, tag, priority);
}

Result<Buffer> Device::allocate(std::size_t bytes, Reservation& reservation, Stream& stream) {
  WEIR_ASSIGN(Reservation::Draw draw, reservation.draw(bytes));
  Buffer buffer;
  buffer.device_ = this;
  buffer.stream_ = stream.id();
  buffer.tag_ = reservation.tag();
  if (bytes == 0) return buffer;
  Result<void*> memory = driver_->allocate(bytes, stream.id());
  if (!memory && memory.error().reason() == kOutOfMemory) {
    out_of_memory_.fetch_add(1, std::memory_order_relaxed);
    if (spill_ && spill_(bytes) > 0) memory = driver_->allocate(bytes, stream.id());
  }
  if (!memory) return fail(memory.error());
  buffer.data_ = *memory;
  buffer.bytes_ = bytes;
  buffer.draw_ = std::move(draw);
  allocations_.fetch_add(1, std::memory_order_relaxed);
  allocated_[static_cast<std::size_t>(buffer.tag_)].fetch_add(bytes, std::memory_order_relaxed);
  return buffer;
}

std::size_t Device::allocated(Tag tag) const {
  return allocated_[static_cast<std::size_t>(tag)].load(std::memory_order_relaxed);
}

DeviceCounters Device::counters() const {
  DeviceCounters counters;
  counters.bytes_up = bytes_up_.load(std::memory_order_relaxed);
  counters.bytes_down = bytes_down_.load(std::memory_order_relaxed);
  counters.allocations = allocations_.load(std::memory_order_relaxed);
  counters.out_of_memory = out_of_memory_.load(std::memory_order_relaxed);
  counters.scratch_overflows = scratch_overflows_.load(std::memory_order_relaxed);
  return counters;
}

Deadline Device::deadline_or_default(Deadline deadline) const {
  if (!deadline.none()) return deadline;
  return {clock_.mono_ns() + limits_.op_timeout_ms * static_cast<std::int64_t>(kNsPerMs)};
}

}  // namespace weir::device
