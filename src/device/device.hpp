// Device: one accelerator, or its simulation, with a budget for its memory.
//
//   WEIR_ASSIGN(auto device, Device::create(sim::make_driver(plan, bytes), limits, clock));
//   WEIR_ASSIGN(Stream stream, device->create_stream());
//   WEIR_ASSIGN(Reservation mine, device->reserve(1 << 20, Tag::kColumns));
//   WEIR_ASSIGN(Buffer x, device->allocate(1 << 20, mine, stream));
//   WEIR_TRY(stream.upload(x.data(), host, 1 << 20));
//   WEIR_TRY(sim::launch(stream, Grid::over(n, 256), ScaleKernel{}, ...));
//   WEIR_TRY(stream.download(out, x.data(), 1 << 20));
//   WEIR_TRY(stream.synchronize());               // now `out` is there
//
// Device is thread-safe; a Stream belongs to one thread at a time. Everything made from a device
// must be gone before it. Errors are those of Driver, and resource_exhausted (budget, reservation).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "device/budget.hpp"
#include "device/driver.hpp"
#include "device/staging.hpp"

namespace weir::device {

class Device;
class Stream;

struct DeviceLimits {
  std::size_t memory_bytes_max = std::size_t{512} << 20;
  std::size_t scratch_bytes = std::size_t{64} << 20;  // of one stream
  std::size_t staging_bytes = std::size_t{64} << 20;
  std::size_t chunk_bytes = std::size_t{64} << 20;
  double soft_limit_ratio = 0.80;
  double stream_threshold_ratio = 0.80;
  std::int64_t op_timeout_ms = 5000;
};

// Device memory with an owner. Freed on its stream, in order.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer() { release(); }

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  explicit operator bool() const { return data_ != nullptr; }
  // Has it freed on another stream than the one it was allocated on, which then may end before it.
  // That stream must be ordered behind all work that uses the memory.
  void free_on(const Stream& stream);

 private:
  friend class Device;
  void release() noexcept;
  Device* device_ = nullptr;
  Reservation::Draw draw_;
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  StreamId stream_{};
  Tag tag_ = Tag::kScratch;
};

// A point in a stream's work. Move-only.
class Event {
 public:
  Event() = default;
  Event(Event&& other) noexcept;
  Event& operator=(Event&& other) noexcept;
  ~Event();
  // Returns whether what was recorded is over; true if nothing was.
  Result<bool> over() const;

 private:
  friend class Device;
  friend class Stream;
  Driver* driver_ = nullptr;
  EventId id_{};
};

// A queue of work in order. Copies between host and device go through the device's staging ring.
class Stream {
 public:
  Stream() = default;
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  // Waits for what is enqueued; downloads that nobody waited for are dropped.
  ~Stream();

  // Enqueues a copy to the device; `from` may change once this returns.
  Status upload(void* to, const void* from, std::size_t bytes);
  // Has `from` copied to the host. `to` is written by a later call on this stream, at the latest by
  // synchronize(); until then `from` stays allocated. Does not wait: what finds no staging slot is
  // enqueued later, but before any other work of this stream.
  Status download(void* to, const void* from, std::size_t bytes);
  Status copy_on_device(void* to, const void* from, std::size_t bytes);
  Status fill(void* memory, std::uint8_t value, std::size_t bytes);
  Status record(Event& event);
  Status wait(const Event& event);
  // Enqueues downloads that found no staging slot, for which it may have to wait. Whoever enqueues
  // work by Driver::native_stream() calls it before.
  Status settle();
  // Waits until everything enqueued is done and downloads are delivered. Without a deadline, the
  // device's op_timeout_ms holds.
  Status synchronize(Deadline deadline = {});
  // Waits for what is enqueued and drops downloads that nobody waited for.
  void drain() noexcept;

  StreamId id() const { return id_; }
  Device& device() const { return *device_; }

 private:
  friend class Device;
  struct Delivery {
    StagingSlot slot;
    void* to = nullptr;
    std::size_t bytes = 0;
  };
  struct Piece {
    void* to = nullptr;
    const void* from = nullptr;
    std::size_t bytes = 0;
  };
  void release() noexcept;
  void drop_downloads() noexcept;
  bool may_hold_another() const;
  Status start(const Piece& piece, StagingSlot slot);
  Status start_waiting(Deadline deadline, bool wait);
  Status deliver_oldest(Deadline deadline);
  void copy_on_host(void* to, const void* from, std::size_t bytes);

  Device* device_ = nullptr;
  Staging* staging_ = nullptr;
  StreamId id_{};
  std::vector<Delivery> deliveries_;  // on their way, in order
  std::vector<Piece> waiting_;        // for a slot, from next_waiting_ on, in order
  std::size_t next_waiting_ = 0;
};

// What Device has counted since it was made.
struct DeviceCounters {
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::uint64_t allocations = 0;
  std::uint64_t out_of_memory = 0;
  std::uint64_t scratch_overflows = 0;
};

class Device {
 public:
  static Result<std::unique_ptr<Device>> create(std::unique_ptr<Driver> driver,
                                                const DeviceLimits& limits, Clock& clock);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const DeviceInfo& info() const { return driver_->info(); }
  Kind kind() const { return info().kind; }
  const DeviceLimits& limits() const { return limits_; }
  Clock& clock() const { return clock_; }
  Budget& budget() { return budget_; }

  // A stream whose copies go through `staging`, by default the device's own ring. Streams of
  // different threads that download need rings of their own: a thread must not wait for slots that
  // hold what another has yet to take.
  Result<Stream> create_stream(Staging* staging = nullptr);
  // A ring of its own, of limits().staging_bytes.
  std::unique_ptr<Staging> create_staging();
  Result<Event> create_event();
  // Takes a part of the budget. When there is too little, what can be spilled is spilled, and it is
  // tried once more.
  Result<Reservation> reserve(std::size_t bytes, Tag tag, Priority priority = Priority::kNormal);
  // Takes memory within a reservation. When the driver has none left, what can be spilled is
  // spilled, and it is tried once more.
  Result<Buffer> allocate(std::size_t bytes, Reservation& reservation, Stream& stream);

  // Called with the bytes wanted when memory or budget runs out; returns the bytes it freed. From
  // several threads at once; set it before work starts.
  using Spill = std::function<std::size_t(std::size_t bytes)>;
  void on_out_of_memory(Spill spill) { spill_ = std::move(spill); }

  // Copies between the caller's memory and staging slots, by default std::memcpy: one core reaches
  // less than half of what a link takes. Called from several threads at once; set it before work
  // starts.
  using HostCopy = std::function<void(void* to, const void* from, std::size_t bytes)>;
  void set_host_copy(HostCopy copy) { host_copy_ = std::move(copy); }

  // Bytes allocated now under a tag.
  std::size_t allocated(Tag tag) const;
  DeviceCounters counters() const;
  void count_scratch_overflow() { scratch_overflows_.fetch_add(1, std::memory_order_relaxed); }
  // Ok, or why the device is lost.
  Status health() const { return driver_->health(); }
  // Returns `deadline`, or the default one for an op that starts now.
  Deadline deadline_or_default(Deadline deadline) const;

  Driver& driver() { return *driver_; }

 private:
  friend class Buffer;
  friend class Stream;
  Device(std::unique_ptr<Driver> driver, const DeviceLimits& limits, Clock& clock);

  std::unique_ptr<Driver> driver_;
  DeviceLimits limits_;
  Clock& clock_;
  Budget budget_;
  std::unique_ptr<Staging> staging_;
  Spill spill_;
  HostCopy host_copy_;
  std::array<std::atomic<std::size_t>, kTags> allocated_{};
  std::atomic<std::uint64_t> bytes_up_{0};
  std::atomic<std::uint64_t> bytes_down_{0};
  std::atomic<std::uint64_t> allocations_{0};
  std::atomic<std::uint64_t> out_of_memory_{0};
  std::atomic<std::uint64_t> scratch_overflows_{0};
};

}  // namespace weir::device
