// Compute: everything of a server that runs operations: the device or why there is none, who
// watches it, the queue of named operations, and the metrics and log lines about them.
//
//   WEIR_ASSIGN(auto compute, Compute::open(config, metrics, system_clock()));
//   compute->operations().answer("hash_batch", body, "r-1");
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "base/config/config.hpp"
#include "base/metrics.hpp"
#include "device/device_events.hpp"
#include "device/device_metrics.hpp"
#include "device/health.hpp"
#include "device/nvml.hpp"
#include "ops/backend.hpp"
#include "server/operations/device_desk.hpp"
#include "server/operations/operation_service.hpp"
#include "server/sse/hub.hpp"

namespace weir::main {

class Compute {
 public:
  // Opens the device that [device] asks for, logs one line about it, and starts to watch it.
  // unavailable if a backend that was named cannot be had. All arguments outlive the result.
  static Result<std::unique_ptr<Compute>> open(const Config& config, MetricRegistry& metrics,
                                               Clock& clock);
  ~Compute();

  ops::Context& context() { return *backend_.context; }
  server::OperationService& operations() { return *operations_; }
  server::DeviceDesk& desk() { return *desk_; }
  // Tells `hub` of the device and its operations from now on, at most 100 times a second; null:
  // nobody any more.
  void publish_to(server::SseHub* hub);

 private:
  Compute(const device::DeviceConfig& config, MetricRegistry& metrics, Clock& clock);
  void watch();
  void observe(const ops::Report& report, const Status& status);
  void collect();
  void tell(const device::DeviceEvent& event);
  void tell_held();
  void tell_operation(const ops::Report& report, const Status& status);

  const device::DeviceConfig config_;
  MetricRegistry& metrics_;
  Clock& clock_;
  ops::Backend backend_;
  device::DeviceMetrics device_metrics_;
  device::DeviceEventLimiter event_limiter_;
  std::atomic<server::SseHub*> hub_{nullptr};
  std::unique_ptr<device::Nvml> nvml_;
  std::unique_ptr<device::HealthMonitor> monitor_;
  std::unique_ptr<server::DeviceDesk> desk_;
  std::unique_ptr<server::OperationService> operations_;
  std::array<std::atomic<std::int64_t>, ops::kReasons> logged_ns_{};  // last line of each reason
};

}  // namespace weir::main
