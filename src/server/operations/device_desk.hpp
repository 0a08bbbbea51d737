// DeviceDesk: what the API says of the device, and the memory that clients reserve on it.
//
//   DeviceDesk desk(context, config, monitor.get(), clock);
//   desk.device_json();                 // GET /v1/device
//   desk.gpu_health();                  // GET /api/v11/gpu/health
//   WEIR_ASSIGN(const std::string json, desk.reserve(params));
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "device/calibration.hpp"
#include "device/config.hpp"
#include "device/health.hpp"
#include "ops/context.hpp"
#include "server/operations/params.hpp"

namespace weir::server {

class DeviceDesk {
 public:
  // `monitor` may be null: nobody watches the device. All outlive the desk.
  DeviceDesk(ops::Context& context, const device::DeviceConfig& config,
             const device::HealthMonitor* monitor, Clock& clock);

  // Probe, capabilities, configuration in force, rates, memory by tag, breaker, fallback counts.
  std::string device_json() const;
  struct Health {
    bool ok = false;
    std::string json;
  };
  Health gpu_health() const;
  // Availability, memory, what each op was used for.
  std::string status_json() const;

  // The GPU under the names of NVIDIA's exporter; empty without one.
  std::string dcgm_page() const;

  // Takes {memoryRequired, priority, duration, taskType} in bytes and milliseconds; answers {id,
  // memoryAllocated, expires_at}. resource_exhausted (budget) names the holders.
  Result<std::string> reserve(const Params& params);
  std::string reservations_json();
  // not_found (reservation_unknown).
  Status release(const std::string& id);
  // The holders, for the body of a refused reservation.
  std::string conflicts_json();
  // Gives back what is over, then calls what set_on_tick() set. The server does so once a second:
  // nobody else asks again for what a client has forgotten.
  void tick();
  void set_measured(const device::RatesMeasured& measured) { measured_ = measured; }
  void set_on_tick(std::function<void()> call) { on_tick_ = std::move(call); }

  // Whether the process should say that it cannot serve: its device is lost, and
  // device.unready_on_device_loss is set.
  bool unready() const;

  // What operations on the CPU may use, by device.host_memory_bytes_max.
  device::Budget& host_memory() { return host_budget_; }

  // Why operations cannot run on the device, as a label; "" if they can.
  std::string_view unusable_reason() const;
  // Why no GPU runs; "" if one does. A simulated device is usable and no GPU.
  std::string_view unavailable_reason() const;

 private:
  struct Held {
    device::Reservation reservation;
    std::int64_t expires_ns = 0;  // on the monotonic clock, which nobody sets back
    std::int64_t expires_us = 0;  // as clients are told
    std::string task;
    device::Priority priority = device::Priority::kNormal;
  };
  void expire();
  void write_availability(JsonWriter& json) const;
  device::HealthSample sample() const;
  device::Budget& budget();

  ops::Context& context_;
  const device::DeviceConfig config_;
  const device::HealthMonitor* monitor_;
  Clock& clock_;
  device::Budget host_budget_;
  std::mutex mutex_;
  std::map<std::string, Held> held_;
  std::uint64_t next_id_ = 1;
  std::function<void()> on_tick_;
  device::RatesMeasured measured_;
};

// Asks the context how its device is; for HealthMonitor.
device::DeviceState device_state(const ops::Context& context);

}  // namespace weir::server
