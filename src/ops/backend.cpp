#include "ops/backend.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "device/calibration.hpp"
#include "device/cuda/driver.hpp"
#include "device/sim/driver.hpp"
#include "ops/kept_arrays.hpp"

namespace weir::ops {
namespace {

constexpr std::chrono::seconds kWatchdog{30};
// What a simulated device pretends to have beyond its budget.
constexpr std::uint64_t kSimMemoryFactor = 2;

device::DeviceLimits limits_of(const device::DeviceConfig& config) {
  device::DeviceLimits limits;
  limits.memory_bytes_max = config.memory_bytes_max;
  limits.scratch_bytes = config.scratch_bytes;
  limits.staging_bytes = config.staging_bytes;
  limits.chunk_bytes = config.chunk_bytes;
  limits.soft_limit_ratio = config.soft_limit_ratio;
  limits.stream_threshold_ratio = config.stream_threshold_ratio;
  limits.op_timeout_ms = config.op_timeout_ms;
  return limits;
}

DevicePolicy policy_of(const device::DeviceConfig& config) {
  DevicePolicy policy;
  policy.breaker.failures = config.breaker_failures;
  policy.breaker.window_us = std::int64_t{config.breaker_window_s} * 1'000'000;
  policy.breaker.open_us = std::int64_t{config.breaker_open_s} * 1'000'000;
  policy.gain_ratio_min = config.gain_ratio_min;
  policy.workers = config.workers;
  return policy;
}

// Builds a context with a device in it, or says what went wrong.
Result<std::unique_ptr<Context>> probe(const device::DeviceConfig& config, unsigned threads,
                                       Clock& clock) {
  WEIR_ASSIGN(auto device, open_device(config, clock));
  auto context = std::make_unique<Context>(Workers(threads), clock);
  const bool tested = config.backend != device::BackendChoice::kSim;
  context->use_device(std::move(device), policy_of(config));
  WEIR_ASSIGN(std::shared_ptr<KeptArrays> arrays,
              KeptArrays::open(*context->device(), config, clock));
  context->use_kept_arrays(std::move(arrays));
  if (tested) WEIR_TRY(self_test(*context));
  context->set_self_test([raw = context.get()] { return self_test(*raw); });
  return context;
}

// A driver that hangs must not keep the process from starting: the probe then goes on, and is
// forgotten.
Result<std::unique_ptr<Context>> probe_in_time(const device::DeviceConfig& config, unsigned threads,
                                               Clock& clock) {
  using Outcome = Result<std::unique_ptr<Context>>;
  auto promise = std::make_shared<std::promise<Outcome>>();
  auto outcome = promise->get_future();
  std::thread([promise, config, threads, &clock] {
    promise->set_value(probe(config, threads, clock));
  }).detach();
  if (outcome.wait_for(kWatchdog) == std::future_status::ready) return outcome.get();
  return fail(unavailable("timeout", "the device did not answer within 30 s"));
}

Reason reason_of(const Status& status) {
  if (status.reason() == "self_test_failed") return Reason::kSelfTestFailed;
  if (status.reason() == "timeout") return Reason::kTimeout;
  return Reason::kNoDevice;
}

}  // namespace

Result<std::unique_ptr<device::Device>> open_device(const device::DeviceConfig& config,
                                                    Clock& clock) {
  device::DeviceLimits limits = limits_of(config);
  std::unique_ptr<device::Driver> driver;
  if (config.backend == device::BackendChoice::kSim) {
    driver = device::sim::make_driver({.seed = config.sim_seed,
                                       .oom_rate = config.sim_oom_rate,
                                       .lose_at_op = config.sim_lose_at_op},
                                      kSimMemoryFactor * config.memory_bytes_max);
  } else {
    WEIR_ASSIGN(driver,
                device::cuda::make_driver(
                    {.ordinal = static_cast<int>(config.ordinal), .uuid = config.uuid}, clock));
    WEIR_TRY(device::check_device_memory(config, driver->info().memory_bytes));
    // Others use the GPU too: at most nine tenths of what is free now.
    limits.memory_bytes_max = std::min<std::size_t>(
        limits.memory_bytes_max, static_cast<std::size_t>(driver->memory_free() / 10 * 9));
  }
  return device::Device::create(std::move(driver), limits, clock);
}

namespace {

void use_measured_rates(const device::DeviceConfig& config, Backend& backend) {
  device::RatesFor here = device::this_machine();
  if (const device::Device* device = backend.context->device()) {
    here = device::rates_for(std::move(here), device->info());
  }
  device::LoadedRates loaded = device::load_rates(config.calibration_file, here);
  backend.context->set_rates(loaded.rates);
  backend.measured = loaded.measured;
  backend.notes = std::move(loaded.ignored);
}

Result<Backend> open_any(const device::DeviceConfig& config, Workers workers, Clock& clock) {
  Backend backend;
  const unsigned threads = workers.threads();
  if (config.backend == device::BackendChoice::kCpu) {
    backend.context = std::make_unique<Context>(std::move(workers), clock);
    backend.context->without_device(Reason::kDisabled, "device.backend is \"cpu\"");
    backend.line = "operations run on the CPU: device.backend is \"cpu\"";
    return backend;
  }
  auto opened = probe_in_time(config, threads, clock);
  if (opened) {
    backend.context = std::move(*opened);
    const device::DeviceInfo& info = backend.context->device()->info();
    backend.line = "operations may run on " + info.name + ", " +
                   std::to_string(backend.context->device()->limits().memory_bytes_max >> 20) +
                   " MiB of its memory";
    return backend;
  }
  if (config.backend != device::BackendChoice::kAuto) {
    return fail(unavailable(opened.error().reason(),
                            "device.backend asks for " +
                                std::string(device::backend_choice_name(config.backend)) + ": " +
                                opened.error().message())
                    .at("device.backend")
                    .hint("use \"auto\" to go on with the CPU"));
  }
  backend.context = std::make_unique<Context>(std::move(workers), clock);
  backend.context->without_device(reason_of(opened.error()), opened.error().message());
  backend.line = "operations run on the CPU: " + opened.error().message();
  return backend;
}

}  // namespace

Result<Backend> open_backend(const device::DeviceConfig& config, Workers workers, Clock& clock) {
  WEIR_ASSIGN(Backend backend, open_any(config, std::move(workers), clock));
  use_measured_rates(config, backend);
  return backend;
}

}  // namespace weir::ops
