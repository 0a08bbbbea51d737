#include "server/operations/device_desk.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/isa.hpp"
#include "base/json.hpp"
#include "base/time_text.hpp"
#include "device/cuda/driver.hpp"
#include "device/dcgm_page.hpp"
#include "ops/kept_arrays.hpp"

namespace weir::server {
namespace {

constexpr std::uint64_t kReservationMsMax = 24 * 3'600'000;
constexpr std::uint64_t kReservationMs = 60'000;
constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 50;

template <class T>
void write_number(JsonWriter& json, std::string_view key, const std::optional<T>& value) {
  json.key(key);
  if (value) {
    json.u64(*value);
  } else {
    json.null();
  }
}

void write_scaled(JsonWriter& json, std::string_view key, const std::optional<std::uint64_t>& value,
                  double factor) {
  json.key(key);
  if (value) {
    json.f64(static_cast<double>(*value) * factor);
  } else {
    json.null();
  }
}

void write_text(JsonWriter& json, std::string_view key, const std::optional<std::string>& value) {
  json.key(key);
  if (value) {
    json.string(*value);
  } else {
    json.null();
  }
}

void write_text_or_null(JsonWriter& json, std::string_view key, std::string_view value) {
  json.key(key);
  if (value.empty()) {
    json.null();
  } else {
    json.string(value);
  }
}

void write_fallbacks(JsonWriter& json, const ops::Context& context) {
  json.key("fallbacks").begin_object();
  const auto counts = context.fallback_counts();
  for (std::size_t i = 1; i < counts.size(); ++i) {
    json.key(ops::reason_name(static_cast<ops::Reason>(i))).u64(counts[i]);
  }
  json.end_object();
}

void write_breaker(JsonWriter& json, const ops::Context& context) {
  json.key("breaker");
  if (context.breaker() == nullptr) {
    json.null();
    return;
  }
  const auto view = context.breaker()->view();
  json.begin_object().key("state").string(device::breaker_state_name(view.state));
  write_text_or_null(json, "reason", view.reason);
  json.key("since").string(format_time(view.since_us)).key("failures").u64(view.failures);
  json.key("opened").u64(view.opened).end_object();
}

// What operations run on: without a device, the CPU.
std::string_view backend_name(const device::Device* device) {
  return device::kind_name(device == nullptr ? device::Kind::kCpu : device->kind());
}

void write_tags(JsonWriter& json, device::Device* device) {
  json.key("tags").begin_array();
  for (std::size_t i = 0; device != nullptr && i < device::kTags; ++i) {
    const auto tag = static_cast<device::Tag>(i);
    json.begin_object().key("tag").string(device::tag_name(tag));
    json.key("reserved").u64(device->budget().reserved(tag));
    json.key("allocated").u64(device->allocated(tag)).end_object();
  }
  json.end_array();
}

void write_gpu(JsonWriter& json, const device::HealthSample& sample, device::Device* device,
               std::uint32_t ordinal) {
  const device::GpuSample& gpu = sample.gpu;
  json.begin_object().key("index").u64(gpu.index.value_or(ordinal));
  write_text(json, "name", gpu.name);
  write_text(json, "uuid", gpu.uuid);
  write_text(json, "pci_bus_id", gpu.pci_bus_id);
  write_text(json, "driver", gpu.driver);
  write_text_or_null(json, "compute", device->info().compute);
  write_number(json, "memory_used", gpu.memory_used);
  write_number(json, "memory_total", gpu.memory_total);
  write_number(json, "memory_reserved", gpu.memory_reserved);
  json.key("budget").u64(device->budget().bytes_max());
  json.key("pool_used").u64(device->budget().reserved());
  write_number(json, "temperature_c", gpu.temperature_c);
  write_scaled(json, "power_w", gpu.power_mw, 1e-3);
  write_scaled(json, "energy_j", gpu.energy_mj, 1e-3);
  write_scaled(json, "utilization", gpu.utilization, 1e-2);
  write_scaled(json, "memory_utilization", gpu.memory_utilization, 1e-2);
  write_number(json, "sm_clock_mhz", gpu.sm_clock_mhz);
  write_number(json, "memory_clock_mhz", gpu.memory_clock_mhz);
  json.key("throttle_reasons");
  if (gpu.throttle_reasons) {
    json.begin_array();
    for (const std::string& name : device::throttle_names(*gpu.throttle_reasons)) json.string(name);
    json.end_array();
  } else {
    json.null();
  }
  write_number(json, "ecc_corrected", gpu.ecc_corrected);
  write_number(json, "ecc_uncorrected", gpu.ecc_uncorrected);
  json.key("remapped_rows");
  if (gpu.remapped) {
    json.begin_object().key("corrected").u64(gpu.remapped->corrected);
    json.key("uncorrected").u64(gpu.remapped->uncorrected).end_object();
  } else {
    json.null();
  }
  write_number(json, "pcie_replays", gpu.pcie_replays);
  write_number(json, "last_xid", sample.last_xid);
  write_number(json, "processes", gpu.processes);
  json.key("verdict").string(device::health_verdict_name(sample.verdict)).end_object();
}

void write_rates(JsonWriter& json, const device::Rates& rates,
                 const device::RatesMeasured& measured) {
  static constexpr std::array<std::string_view, device::kUnits> kNames = {"f64", "f32", "bf16",
                                                                          "int8"};
  json.key("rates").begin_object().key("cpu_measured").boolean(measured.cpu);
  json.key("device_measured").boolean(measured.device);
  json.key("cpu_bytes_per_s").f64(rates.cpu_bytes_per_s);
  json.key("cpu_bytes_per_s_all").f64(rates.cpu_bytes_per_s_all);
  json.key("cpu_overhead_s").f64(rates.cpu_overhead_s).key("cpu_ops_per_s").begin_object();
  for (std::size_t i = 0; i < kNames.size(); ++i) json.key(kNames[i]).f64(rates.cpu_ops_per_s[i]);
  json.end_object().key("link_up_bytes_per_s").f64(rates.link_up_bytes_per_s);
  json.key("link_down_bytes_per_s").f64(rates.link_down_bytes_per_s);
  json.key("launch_s").f64(rates.launch_s);
  json.key("device_bytes_per_s").f64(rates.device_bytes_per_s);
  json.key("device_ops_per_s").begin_object();
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    json.key(kNames[i]).f64(rates.device_ops_per_s[i]);
  }
  json.end_object().end_object();
}

void write_config(JsonWriter& json, const device::DeviceConfig& config) {
  json.key("configuration").begin_object();
  json.key("backend").string(device::backend_choice_name(config.backend));
  json.key("ordinal").u64(config.ordinal).key("uuid").string(config.uuid);
  json.key("memory_bytes_max").u64(config.memory_bytes_max);
  json.key("host_memory_bytes_max").u64(config.host_memory_bytes_max);
  json.key("soft_limit_ratio").f64(config.soft_limit_ratio);
  json.key("stream_threshold_ratio").f64(config.stream_threshold_ratio);
  json.key("scratch_bytes").u64(config.scratch_bytes);
  json.key("staging_bytes").u64(config.staging_bytes);
  json.key("chunk_bytes").u64(config.chunk_bytes);
  json.key("spill_host_bytes_max").u64(config.spill_host_bytes_max);
  json.key("spill_dir").string(config.spill_dir);
  json.key("spill_file_bytes_max").u64(config.spill_file_bytes_max);
  json.key("workers").u64(config.workers);
  json.key("fallback").string(device::fallback_mode_name(config.fallback));
  json.key("gain_ratio_min").f64(config.gain_ratio_min);
  json.key("op_timeout_ms").u64(config.op_timeout_ms);
  json.key("health_interval_ms").u64(config.health_interval_ms);
  json.key("warn_celsius").u64(config.warn_celsius);
  json.key("critical_celsius").u64(config.critical_celsius);
  json.key("breaker_failures").u64(config.breaker_failures);
  json.key("breaker_window_s").u64(config.breaker_window_s);
  json.key("breaker_open_s").u64(config.breaker_open_s);
  json.key("unready_on_device_loss").boolean(config.unready_on_device_loss);
  json.key("calibration_file").string(config.calibration_file);
  json.key("sim_seed").u64(config.sim_seed).key("sim_oom_rate").f64(config.sim_oom_rate);
  json.key("sim_lose_at_op").u64(config.sim_lose_at_op).end_object();
}

// What is kept on the device between operations, and where it went for want of room.
void write_spilling(JsonWriter& json, const ops::Context& context) {
  const ops::KeptArrays* const kept = context.kept_arrays();
  json.key("kept");
  if (kept == nullptr) {
    json.null();
    return;
  }
  const device::ResidencyCounts residency = kept->residency();
  const device::SpillCounts spilled = kept->spilled();
  json.begin_object().key("arrays").u64(residency.residents);
  json.key("device_bytes").u64(residency.device_bytes);
  json.key("spilled").u64(residency.spilled).key("spilled_bytes").u64(residency.spilled_bytes);
  json.key("restored").u64(residency.restored).key("rebuilt").u64(residency.rebuilt);
  json.key("discarded").u64(residency.discarded).key("tiers").begin_object();
  for (std::size_t i = 0; i < device::kSpillTiers; ++i) {
    const device::SpillCounts::Tier& tier = spilled.tiers[i];
    json.key(device::spill_tier_name(static_cast<device::SpillTier>(i))).begin_object();
    json.key("blocks").u64(tier.blocks).key("bytes").u64(tier.bytes);
    json.key("bytes_out").u64(tier.bytes_out).key("bytes_in").u64(tier.bytes_in).end_object();
  }
  json.end_object().end_object();
}

}  // namespace

device::DeviceState device_state(const ops::Context& context) {
  device::DeviceState state;
  if (context.device() == nullptr) {
    state.reason = ops::reason_name(context.no_device_reason());
    return state;
  }
  state.breaker = context.breaker()->view();
  if (const ops::KeptArrays* const kept = context.kept_arrays()) {
    state.spilled_bytes = kept->bytes_spilled();
  }
  const Status health = context.device()->health();
  // An open breaker closes again: the device is degraded, not gone.
  state.available = health.is_ok() && state.breaker.state != device::BreakerState::kDead;
  if (!health.is_ok()) {
    state.reason = health.reason();
  } else if (state.breaker.state != device::BreakerState::kClosed) {
    state.reason = "breaker_open";
  }
  return state;
}

DeviceDesk::DeviceDesk(ops::Context& context, const device::DeviceConfig& config,
                       const device::HealthMonitor* monitor, Clock& clock)
    : context_(context),
      config_(config),
      monitor_(monitor),
      clock_(clock),
      host_budget_(config.host_memory_bytes_max) {}

device::HealthSample DeviceDesk::sample() const {
  if (monitor_ != nullptr) return monitor_->current();
  device::HealthSample sample;
  sample.at_us = clock_.wall_us();
  sample.state = device_state(context_);
  const bool closed = sample.state.breaker.state == device::BreakerState::kClosed;
  sample.verdict = !sample.state.available ? device::HealthVerdict::kUnavailable
                   : closed                ? device::HealthVerdict::kOk
                                           : device::HealthVerdict::kDegraded;
  return sample;
}

device::Budget& DeviceDesk::budget() {
  return context_.device() != nullptr ? context_.device()->budget() : host_budget_;
}

bool DeviceDesk::unready() const {
  const device::Breaker* breaker = context_.breaker();
  return config_.unready_on_device_loss && breaker != nullptr &&
         breaker->state() == device::BreakerState::kDead;
}

std::string_view DeviceDesk::unusable_reason() const {
  if (context_.device() == nullptr) return ops::reason_name(context_.no_device_reason());
  if (!context_.device()->health().is_ok()) return "device_lost";
  return context_.breaker()->state() == device::BreakerState::kClosed ? "" : "breaker_open";
}

std::string_view DeviceDesk::unavailable_reason() const {
  const std::string_view reason = unusable_reason();
  const device::Device* device = context_.device();
  if (!reason.empty() || device->kind() == device::Kind::kCuda) return reason;
  return "simulated";
}

void DeviceDesk::write_availability(JsonWriter& json) const {
  const std::string_view reason = unavailable_reason();
  json.key("available").boolean(reason.empty());
  json.key("usable").boolean(unusable_reason().empty());
  write_text_or_null(json, "reason", reason);
}

std::string DeviceDesk::device_json() const {
  std::string out;
  JsonWriter json(out);
  device::Device* device = context_.device();
  json.begin_object();
  write_availability(json);
  json.key("backend").string(backend_name(device));
  write_text_or_null(json, "sentence", context_.no_device_sentence());
  json.key("cuda_built").boolean(device::cuda::built());
  json.key("cpu").begin_object().key("isa").string(isa_name(isa_active()));
  json.key("threads").u64(context_.threads()).end_object().key("device");
  if (device == nullptr) {
    json.null();
  } else {
    const device::DeviceInfo& info = device->info();
    json.begin_object().key("name").string(info.name).key("uuid").string(info.uuid);
    write_text_or_null(json, "driver", info.driver);
    write_text_or_null(json, "compute", info.compute);
    json.key("memory_bytes").u64(info.memory_bytes);
    json.key("multiprocessors").u64(info.multiprocessors);
    json.key("budget_bytes").u64(device->budget().bytes_max());
    json.key("reserved_bytes").u64(device->budget().reserved()).end_object();
  }
  write_config(json, config_);
  write_rates(json, context_.rates(), measured_);
  write_tags(json, device);
  write_spilling(json, context_);
  write_breaker(json, context_);
  write_fallbacks(json, context_);
  json.end_object();
  return out;
}

DeviceDesk::Health DeviceDesk::gpu_health() const {
  const device::HealthSample now = sample();
  Health health;
  health.ok = now.verdict == device::HealthVerdict::kOk;
  JsonWriter json(health.json);
  json.begin_object().key("status").string(device::health_verdict_name(now.verdict));
  write_availability(json);
  json.key("reasons").begin_array();
  for (const std::string& reason : now.reasons) json.string(reason);
  json.end_array().key("at").string(format_time(now.at_us));
  device::Device* device = context_.device();
  json.key("backend").string(backend_name(device));
  json.key("devices").begin_array();
  if (device != nullptr) write_gpu(json, now, device, config_.ordinal);
  json.end_array();
  write_breaker(json, context_);
  write_fallbacks(json, context_);
  json.end_object();
  return health;
}

std::string DeviceDesk::status_json() const {
  const device::HealthSample now = sample();
  device::Device* device = context_.device();
  const auto counts = context_.op_counts();
  std::uint64_t completed = 0;
  for (const auto& [name, count] : counts) completed += count.count - count.failed;
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_availability(json);
  write_number(json, "memoryUsed", now.gpu.memory_used);
  write_number(json, "memoryTotal", now.gpu.memory_total);
  json.key("operationsCompleted").u64(completed);
  json.key("backend").string(backend_name(device));
  json.key("budget");
  if (device == nullptr) {
    json.null();
  } else {
    json.u64(device->budget().bytes_max());
  }
  write_tags(json, device);
  json.key("operations").begin_array();
  for (const auto& [name, count] : counts) {
    json.begin_object().key("name").string(name).key("count").u64(count.count);
    json.key("gpu_count").u64(count.gpu_count).key("seconds").f64(count.seconds).end_object();
  }
  json.end_array().end_object();
  return out;
}

std::string DeviceDesk::dcgm_page() const {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  std::string out;
  device::append_dcgm_page(out, sample(), {.gpu = config_.ordinal, .hostname = host.data()});
  return out;
}

Result<std::string> DeviceDesk::reserve(const Params& params) {
  expire();
  WEIR_ASSIGN(const std::uint64_t bytes, params.u64_or({"memoryRequired"}, 0, kBytesMax));
  if (bytes == 0) {
    return fail(invalid_argument("field_missing", "memoryRequired must be 1 byte or more")
                    .at("memoryRequired"));
  }
  WEIR_ASSIGN(const std::uint64_t duration_ms,
              params.u64_or({"duration"}, kReservationMs, kReservationMsMax));
  if (duration_ms == 0) {
    return fail(invalid_argument("number_range", "duration must be 1 millisecond or more")
                    .at("duration")
                    .hint("leave it out for " + std::to_string(kReservationMs)));
  }
  WEIR_ASSIGN(const std::string priority,
              params.choice_or({"priority"}, "low|normal|high|critical", "normal"));
  WEIR_ASSIGN(const std::string task, params.text_or({"taskType"}, ""));
  Held held;
  for (const auto one : {device::Priority::kLow, device::Priority::kNormal, device::Priority::kHigh,
                         device::Priority::kCritical}) {
    if (device::priority_name(one) == priority) held.priority = one;
  }
  WEIR_ASSIGN(held.reservation, budget().reserve(bytes, device::Tag::kScratch, held.priority));
  const auto duration_us = static_cast<std::int64_t>(duration_ms) * 1000;
  held.expires_ns = clock_.mono_ns() + duration_us * 1000;
  held.expires_us = clock_.wall_us() + duration_us;
  held.task = task;
  const std::lock_guard lock(mutex_);
  const std::string id = "rsv-" + std::to_string(next_id_++);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("id").string(id).key("memoryAllocated").u64(bytes);
  json.key("expires_at").string(format_time(held.expires_us)).end_object();
  held_.emplace(id, std::move(held));
  return out;
}

std::string DeviceDesk::reservations_json() {
  expire();
  const std::lock_guard lock(mutex_);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("reservations").begin_array();
  for (const auto& [id, held] : held_) {
    json.begin_object().key("id").string(id);
    json.key("memoryAllocated").u64(held.reservation.bytes());
    json.key("priority").string(device::priority_name(held.priority));
    json.key("taskType").string(held.task);
    json.key("expires_at").string(format_time(held.expires_us)).end_object();
  }
  json.end_array().end_object();
  return out;
}

std::string DeviceDesk::conflicts_json() {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (std::size_t i = 0; i < device::kTags; ++i) {
    const auto tag = static_cast<device::Tag>(i);
    const std::size_t bytes = budget().reserved(tag);
    if (bytes == 0) continue;
    json.begin_object().key("tag").string(device::tag_name(tag)).key("bytes").u64(bytes);
    json.end_object();
  }
  json.end_array();
  return out;
}

Status DeviceDesk::release(const std::string& id) {
  expire();
  const std::lock_guard lock(mutex_);
  if (held_.erase(id) != 0) return Status::ok();
  return not_found("reservation_unknown", "no reservation \"" + id + "\"; it may be over").at("id");
}

void DeviceDesk::expire() {
  const std::int64_t now_ns = clock_.mono_ns();
  const std::lock_guard lock(mutex_);
  std::erase_if(held_, [&](const auto& one) { return one.second.expires_ns <= now_ns; });
}

void DeviceDesk::tick() {
  expire();
  if (on_tick_) on_tick_();
}

}  // namespace weir::server
