#include "device/device_events.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace weir::device {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

void write_or_null(JsonWriter& json, std::string_view key, const std::optional<double>& value) {
  json.key(key);
  if (value) {
    json.f64(*value);
  } else {
    json.null();
  }
}

struct Writer {
  JsonWriter& json;

  void operator()(const GpuInitialized& event) const {
    json.key("backend").string(event.backend).key("device").string(event.device);
    json.key("memory").u64(event.memory_bytes);
  }
  void operator()(const GpuOperationCompleted& event) const {
    json.key("operation").string(event.operation).key("gpu_used").boolean(event.gpu_used);
    json.key("duration").f64(event.duration_ms).key("performance").begin_object();
    json.key("rows").u64(event.rows);
    write_or_null(json, "rows_per_second", event.rows_per_second);
    write_or_null(json, "gigabytes_per_second", event.gigabytes_per_second);
    write_or_null(json, "gigaflops", event.gigaflops);
    json.end_object();
  }
  void operator()(const GpuOperationFallback& event) const {
    json.key("operation").string(event.operation).key("error").string(event.error);
    json.key("reason").string(event.reason).key("fallback").string("CPU");
    json.key("duration").f64(event.duration_ms);
  }
};

}  // namespace

std::string_view device_event_name(std::size_t kind) {
  constexpr std::array<std::string_view, kDeviceEventKinds> kNames = {
      "gpu.initialized", "gpu.operation.completed", "gpu.operation.fallback"};
  return kNames[kind];
}

std::string_view device_event_name(const DeviceEvent& event) {
  return device_event_name(event.index());
}

void append_device_event(std::string& out, const DeviceEvent& event) {
  JsonWriter json(out);
  json.begin_object().key("event").string(device_event_name(event));
  std::visit(Writer{json}, event);
  json.end_object();
}

void append_held_events(std::string& out, std::size_t kind, std::uint64_t held) {
  JsonWriter json(out);
  json.begin_object().key("event").string(device_event_name(kind));
  json.key("held").u64(held).end_object();
}

DeviceEventLimiter::DeviceEventLimiter(const Clock& clock, std::size_t per_second_max)
    : clock_(clock), sent_ns_(std::max<std::size_t>(per_second_max, 1)) {}

bool DeviceEventLimiter::admit(const DeviceEvent& event) {
  const std::int64_t now_ns = clock_.mono_ns();
  const std::lock_guard lock(mutex_);
  // The place to be taken is that of the oldest one.
  if (sent_ == sent_ns_.size() && now_ns - sent_ns_[next_] < kSecondNs) {
    ++held_[event.index()];
    ++held_total_;
    return false;
  }
  sent_ns_[next_] = now_ns;
  next_ = (next_ + 1) % sent_ns_.size();
  sent_ = std::min(sent_ + 1, sent_ns_.size());
  return true;
}

std::array<std::uint64_t, kDeviceEventKinds> DeviceEventLimiter::take_held() {
  const std::lock_guard lock(mutex_);
  const auto held = held_;
  held_ = {};
  return held;
}

std::uint64_t DeviceEventLimiter::held_total() const {
  const std::lock_guard lock(mutex_);
  return held_total_;
}

}  // namespace weir::device
