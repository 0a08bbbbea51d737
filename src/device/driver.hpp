// Driver: what a backend can do, as thin as CUDA's stream model. Device builds budget, scratch,
// staging and statistics on it; nobody else calls it.
//
// Work on a stream runs in order; between streams only events order it. Every call only enqueues,
// except synchronize() and query(). Errors: resource_exhausted (out_of_memory); unavailable
// (device_lost, device_error), after device_lost for ever; deadline_exceeded (timeout).
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "device/kind.hpp"

namespace weir::device {

struct DeviceInfo {
  Kind kind = Kind::kCpu;
  std::string name;
  std::string uuid;     // empty where there is none
  std::string driver;   // version, or empty
  std::string compute;  // "9.0", or empty
  std::uint64_t memory_bytes = 0;
  std::uint32_t multiprocessors = 0;
};

enum class StreamId : std::uint32_t {};
enum class EventId : std::uint32_t {};
enum class Direction : std::uint8_t { kToDevice, kToHost, kOnDevice };

// A point on Clock::mono_ns(); 0: none.
struct Deadline {
  std::int64_t mono_ns = 0;
  bool none() const { return mono_ns == 0; }
};

class Driver {
 public:
  virtual ~Driver() = default;
  virtual const DeviceInfo& info() const = 0;
  virtual std::uint64_t memory_free() const = 0;

  // Stream-ordered memory, aligned to 256 bytes. It may be used on another stream once an event
  // orders that behind this call; free() takes effect when the stream gets there.
  virtual Result<void*> allocate(std::size_t bytes, StreamId stream) = 0;
  virtual void free(void* memory, StreamId stream) noexcept = 0;
  // Host memory that copies can read and write while the host goes on.
  virtual Result<void*> allocate_pinned(std::size_t bytes) = 0;
  virtual void free_pinned(void* memory) noexcept = 0;

  virtual Result<StreamId> create_stream() = 0;
  // Waits for what is enqueued, unless the device is lost.
  virtual void destroy_stream(StreamId stream) noexcept = 0;
  virtual Result<EventId> create_event() = 0;
  virtual void destroy_event(EventId event) noexcept = 0;

  // Host memory must be pinned and stay as it is until the copy is done.
  virtual Status copy(void* to, const void* from, std::size_t bytes, Direction direction,
                      StreamId stream) = 0;
  virtual Status fill(void* memory, std::uint8_t value, std::size_t bytes, StreamId stream) = 0;
  virtual Status record(EventId event, StreamId stream) = 0;
  // An event that was never recorded is already over.
  virtual Status wait(EventId event, StreamId stream) = 0;
  // Returns whether what was recorded is done.
  virtual Result<bool> query(EventId event) = 0;
  virtual Status synchronize(StreamId stream, Deadline deadline) = 0;
  virtual Status synchronize_event(EventId event, Deadline deadline) = 0;

  // The backend's own handle (cudaStream_t), or null: for work that a caller enqueues by itself.
  // Until the thread's next call of the driver, the device is the one the thread works with.
  virtual Result<void*> native_stream(StreamId stream) = 0;
  // Takes note of how such work went and returns it: a device it lost is lost for everybody.
  virtual Status note(Status status) = 0;
  // Ok, or why the device is lost.
  virtual Status health() const = 0;
};

// Reasons of statuses that the fallback ladder tells apart.
inline constexpr std::string_view kOutOfMemory = "out_of_memory";
inline constexpr std::string_view kDeviceLost = "device_lost";
inline constexpr std::string_view kDeviceError = "device_error";
inline constexpr std::string_view kTimeout = "timeout";

}  // namespace weir::device
