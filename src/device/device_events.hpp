// What the device tells those who follow it: events of the topic `device`, as plain data.
//
//   DeviceEventLimiter limiter(clock);
//   const DeviceEvent event = GpuOperationFallback{.operation = "matrix.multiply", ...};
//   if (limiter.admit(event)) append_device_event(line, event);
//   for (const auto& held : limiter.take_held()) ...          // once a second: what was not sent
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"

namespace weir::device {

// A device was opened and tested.
struct GpuInitialized {
  std::string backend = {};  // "cuda", "sim", "cpu"
  std::string device = {};   // its name
  std::uint64_t memory_bytes = 0;
};

// An operation ended well.
struct GpuOperationCompleted {
  std::string operation = {};
  bool gpu_used = false;
  double duration_ms = 0;
  std::uint64_t rows = 0;
  std::optional<double> rows_per_second = {};
  std::optional<double> gigabytes_per_second = {};
  std::optional<double> gigaflops = {};
};

// The CPU took over.
struct GpuOperationFallback {
  std::string operation = {};
  std::string error = {};   // for people
  std::string reason = {};  // as in weir_fallback_total
  double duration_ms = 0;
};

using DeviceEvent = std::variant<GpuInitialized, GpuOperationCompleted, GpuOperationFallback>;
inline constexpr std::size_t kDeviceEventKinds = 3;

// Returns "gpu.initialized", "gpu.operation.completed" or "gpu.operation.fallback".
std::string_view device_event_name(std::size_t kind);
std::string_view device_event_name(const DeviceEvent& event);
// Appends the event as one JSON object, its name first.
void append_device_event(std::string& out, const DeviceEvent& event);

// Appends what take_held() told of one kind: {"event":"gpu.operation.completed","held":17}.
void append_held_events(std::string& out, std::size_t kind, std::uint64_t held);

// Lets through at most so many events in any second, and counts the rest. Thread-safe; allocates
// only when made.
class DeviceEventLimiter {
 public:
  explicit DeviceEventLimiter(const Clock& clock, std::size_t per_second_max = 100);

  // Says whether to send the event; counts it as held otherwise.
  bool admit(const DeviceEvent& event);
  // Returns how many of each kind were held since the last call.
  std::array<std::uint64_t, kDeviceEventKinds> take_held();
  std::uint64_t held_total() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<std::int64_t> sent_ns_;  // a ring of the last ones
  std::size_t next_ = 0;
  std::size_t sent_ = 0;  // in the ring
  std::array<std::uint64_t, kDeviceEventKinds> held_ = {};
  std::uint64_t held_total_ = 0;
};

}  // namespace weir::device
