#include "main/service/compute.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>
#include <utility>

#include "base/log.hpp"
#include "main/device/settings.hpp"
#include "ops/kept_arrays.hpp"

namespace weir::main {
namespace {

constexpr std::int64_t kNsPerMinute = 60'000'000'000;
// A line of each kind for what was held, once a second, among them.
constexpr std::size_t kEventsPerSecondMax = 100;

// Operations run beside the pass, which keeps its cores: half of the machine's at most.
unsigned operation_threads() {
  return std::max(1U, std::thread::hardware_concurrency() / 2);
}

ops::Fallback fallback_of(device::FallbackMode mode) {
  switch (mode) {
    case device::FallbackMode::kRaise:
      return ops::Fallback::kRaise;
    case device::FallbackMode::kSilent:
      return ops::Fallback::kSilent;
    default:
      return ops::Fallback::kWarn;
  }
}

}  // namespace

Compute::Compute(const device::DeviceConfig& config, MetricRegistry& metrics, Clock& clock)
    : config_(config),
      metrics_(metrics),
      clock_(clock),
      device_metrics_(metrics),
      event_limiter_(clock, kEventsPerSecondMax - device::kDeviceEventKinds) {}

Compute::~Compute() {
  operations_.reset();
  if (monitor_ != nullptr) monitor_->stop();
}

Result<std::unique_ptr<Compute>> Compute::open(const Config& config, MetricRegistry& metrics,
                                               Clock& clock) {
  WEIR_ASSIGN(const device::DeviceConfig device, device_settings(config));
  std::unique_ptr<Compute> compute(new Compute(device, metrics, clock));
  WEIR_ASSIGN(compute->backend_,
              ops::open_backend(device, ops::Workers(operation_threads()), clock));
  log_info("device", "opened", compute->backend_.line);
  for (const std::string& note : compute->backend_.notes) {
    log_warning("device", "calibration", note);
  }
  compute->watch();
  ops::Context& context = compute->context();
  compute->desk_ =
      std::make_unique<server::DeviceDesk>(context, device, compute->monitor_.get(), clock);
  compute->desk_->set_on_tick([self = compute.get()] { self->tell_held(); });
  server::OperationLimits limits;
  limits.fallback = fallback_of(device.fallback);
  limits.measured = compute->backend_.measured;
  compute->desk_->set_measured(limits.measured);
  limits.host_memory = &compute->desk_->host_memory();
  compute->operations_ = std::make_unique<server::OperationService>(context, limits);
  context.set_observer([self = compute.get()](const ops::Report& report, const Status& status) {
    self->observe(report, status);
  });
  metrics.add_collector([self = compute.get()] { self->collect(); });
  return compute;
}

// Watches a real GPU; without the management library only the device's own state is known.
void Compute::watch() {
  device::Device* device = context().device();
  if (device == nullptr) return;
  device::Nvml::Gpu gpu;
  if (device->kind() == device::Kind::kCuda) {
    auto nvml = device::Nvml::open();
    if (nvml) {
      if (const auto found = (*nvml)->find({config_.ordinal, device->info().uuid})) {
        gpu = *found;
        nvml_ = std::move(*nvml);
      }
    } else {
      log_warning("device", nvml.error());
    }
  }
  monitor_ = std::make_unique<device::HealthMonitor>(
      device::HealthOptions{config_.health_interval_ms, config_.warn_celsius,
                            config_.critical_celsius},
      nvml_.get(), gpu, [this] { return server::device_state(context()); }, clock_);
  monitor_->start();
}

void Compute::publish_to(server::SseHub* hub) {
  hub_.store(hub);
  const device::Device* device = context().device();
  if (hub == nullptr || device == nullptr) return;
  const device::DeviceInfo& info = device->info();
  tell(device::GpuInitialized{.backend = std::string(device::kind_name(info.kind)),
                              .device = info.name,
                              .memory_bytes = info.memory_bytes});
}

void Compute::tell(const device::DeviceEvent& event) {
  server::SseHub* const hub = hub_.load();
  if (hub == nullptr || !event_limiter_.admit(event)) return;
  std::string line;
  device::append_device_event(line, event);
  hub->publish({server::Topic::kDevice, false, 0, std::move(line)});
}

void Compute::tell_held() {
  server::SseHub* const hub = hub_.load();
  const auto held = event_limiter_.take_held();
  if (hub == nullptr) return;
  for (std::size_t kind = 0; kind < held.size(); ++kind) {
    if (held[kind] == 0) continue;
    std::string line;
    device::append_held_events(line, kind, held[kind]);
    hub->publish({server::Topic::kDevice, false, 0, std::move(line)});
  }
}

void Compute::tell_operation(const ops::Report& report, const Status& status) {
  const server::SseHub* const hub = hub_.load();
  if (hub == nullptr || !hub->wanted(server::Topic::kDevice, false)) return;
  const double ms = report.seconds * 1e3;
  if (report.reason >= ops::Reason::kOutOfMemory) {
    tell(device::GpuOperationFallback{.operation = std::string(report.op),
                                      .error = report.sentence,
                                      .reason = std::string(ops::reason_name(report.reason)),
                                      .duration_ms = ms});
  }
  if (!status.is_ok()) return;
  device::GpuOperationCompleted completed{.operation = std::string(report.op),
                                          .gpu_used = report.gpu_used(),
                                          .duration_ms = ms,
                                          .rows = report.rows_in};
  if (report.seconds > 0) {
    completed.rows_per_second = static_cast<double>(report.rows_in) / report.seconds;
    completed.gigabytes_per_second = static_cast<double>(report.bytes) / report.seconds / 1e9;
    if (report.flops > 0) completed.gigaflops = report.flops / report.seconds / 1e9;
  }
  tell(completed);
}

void Compute::observe(const ops::Report& report, const Status& status) {
  tell_operation(report, status);
  const std::string_view backend = device::kind_name(report.backend);
  metrics_.histogram(Metric::kOpSeconds, {report.op, backend})
      .observe(std::llround(report.seconds * 1e9));
  metrics_.counter(Metric::kOpRowsTotal, {report.op, backend}).add(report.rows_in);
  metrics_.counter(Metric::kOpBytesTotal, {report.op, backend}).add(report.bytes);
  if (report.seconds > 0 && report.predicted_seconds > 0) {
    metrics_.histogram(Metric::kOpPredictedRatio, {report.op})
        .observe(std::llround(1000 * report.predicted_seconds / report.seconds));
  }
  if (report.reason == ops::Reason::kNone || report.reason == ops::Reason::kForced) return;
  const std::string_view reason = ops::reason_name(report.reason);
  metrics_.counter(Metric::kFallbackTotal, {report.op, reason}).add();
  // What is decided before anything is tried is no news.
  const bool plan_time = report.reason < ops::Reason::kOutOfMemory;
  if (plan_time || report.silent) return;
  auto& logged = logged_ns_[static_cast<std::size_t>(report.reason)];
  const std::int64_t now_ns = clock_.mono_ns();
  std::int64_t last_ns = logged.load(std::memory_order_relaxed);
  if (last_ns != 0 && now_ns - last_ns < kNsPerMinute) return;
  if (!logged.compare_exchange_strong(last_ns, now_ns)) return;
  log_warning("device", reason,
              std::string(report.op) + (status.is_ok() ? " went on with the CPU: " : " failed: ") +
                  report.sentence);
}

void Compute::collect() {
  device::Device* device = context().device();
  if (device == nullptr) return;  // weir_gpu_available stays 0, the rest absent
  device_metrics_.publish(monitor_->latest(), device->kind());
  device_metrics_.publish(*device);
  if (const ops::KeptArrays* const kept = context().kept_arrays()) {
    device_metrics_.publish(kept->spilled());
  }
  device_metrics_.publish_management_cpu(monitor_->cpu_ns());
}

}  // namespace weir::main
