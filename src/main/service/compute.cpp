#include "main/service/compute.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>

#include "base/log.hpp"

namespace weir::main {
namespace {

constexpr std::int64_t kNsPerMinute = 60'000'000'000;

// Operations run beside the pass, which keeps its cores: half of the machine's at most.
unsigned operation_threads() {
  return std::max(1U, std::thread::hardware_concurrency() / 2);
}

template <class T>
void set_if(const Gauge& gauge, const std::optional<T>& value, double factor) {
  if (value) gauge.set(static_cast<double>(*value) * factor);
}

}  // namespace

Compute::Compute(const device::DeviceConfig& config, MetricRegistry& metrics, Clock& clock)
    : config_(config), metrics_(metrics), clock_(clock) {}

Compute::~Compute() {
  operations_.reset();
  if (monitor_ != nullptr) monitor_->stop();
}

Result<std::unique_ptr<Compute>> Compute::open(const Config& config, MetricRegistry& metrics,
                                               Clock& clock) {
  WEIR_ASSIGN(const device::DeviceConfig device,
              device::read_device_config(config, device::machine_memory()));
  std::unique_ptr<Compute> compute(new Compute(device, metrics, clock));
  WEIR_ASSIGN(compute->backend_,
              ops::open_backend(device, ops::Workers(operation_threads()), clock));
  log_info("device", "opened", compute->backend_.line);
  compute->watch();
  ops::Context& context = compute->context();
  compute->desk_ =
      std::make_unique<server::DeviceDesk>(context, device, compute->monitor_.get(), clock);
  compute->operations_ =
      std::make_unique<server::OperationService>(context, server::OperationLimits{});
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

bool Compute::unready() const {
  const device::Breaker* breaker = backend_.context->breaker();
  return config_.unready_on_device_loss && breaker != nullptr &&
         breaker->state() == device::BreakerState::kDead;
}

void Compute::observe(const ops::Report& report, const Status& status) {
  const std::string_view backend = device::kind_name(report.backend);
  metrics_.histogram(Metric::kOpSeconds, {report.op, backend})
      .observe(std::llround(report.seconds * 1e9));
  metrics_.counter(Metric::kOpRowsTotal, {report.op, backend}).add(report.rows_in);
  metrics_.counter(Metric::kOpBytesTotal, {report.op, backend}).add(report.bytes);
  if (report.seconds > 0) {
    metrics_.histogram(Metric::kOpPredictedRatio, {report.op})
        .observe(std::llround(1000 * report.predicted_seconds / report.seconds));
  }
  if (report.reason == ops::Reason::kNone || report.reason == ops::Reason::kForced) return;
  const std::string_view reason = ops::reason_name(report.reason);
  metrics_.counter(Metric::kFallbackTotal, {report.op, reason}).add();
  // What is decided before anything is tried is no news.
  const bool plan_time = report.reason < ops::Reason::kOutOfMemory;
  if (plan_time || config_.fallback == device::FallbackMode::kSilent) return;
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
  const device::Device* device = context().device();
  metrics_.gauge(Metric::kGpuAvailable)
      .set(device != nullptr && device->kind() == device::Kind::kCuda &&
                   desk_->unavailable_reason().empty()
               ? 1
               : 0);
  if (device == nullptr) return;
  for (std::size_t i = 0; i < device::kTags; ++i) {
    const auto tag = static_cast<device::Tag>(i);
    metrics_.gauge(Metric::kDeviceAllocBytes, {device::tag_name(tag)}).set(device->allocated(tag));
  }
  const device::BreakerState state = context().breaker()->state();
  for (std::size_t i = 0; i < device::kBreakerStates; ++i) {
    const auto one = static_cast<device::BreakerState>(i);
    metrics_.gauge(Metric::kDeviceBreakerState, {device::breaker_state_name(one)})
        .set(one == state ? 1 : 0);
  }
  if (monitor_ == nullptr || nvml_ == nullptr) return;
  const device::GpuSample gpu = monitor_->latest().gpu;
  set_if(metrics_.gauge(Metric::kGpuMemoryUsedBytes), gpu.memory_used, 1);
  set_if(metrics_.gauge(Metric::kGpuMemoryLimitBytes), gpu.memory_total, 1);
  set_if(metrics_.gauge(Metric::kGpuUtilizationRatio), gpu.utilization, 1e-2);
  set_if(metrics_.gauge(Metric::kGpuTemperatureCelsius), gpu.temperature_c, 1);
  set_if(metrics_.gauge(Metric::kGpuPowerWatts), gpu.power_mw, 1e-3);
}

}  // namespace weir::main
