#include "device/health.hpp"

#include <array>
#include <chrono>

#include "base/log.hpp"

namespace weir::device {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kIncidentNs = 600 * kSecondNs;  // how long an error stays critical
constexpr std::int64_t kSpillNs = 60 * kSecondNs;

// Xids of programs, this one's or another's: an engine exception (13), a memory page fault (31), a
// channel stopped (43) and its clean-up (45). The device is none the worse for them.
bool made_by_program(std::uint64_t xid) {
  return xid == 13 || xid == 31 || xid == 43 || xid == 45;
}

bool within(const std::optional<std::int64_t>& at_ns, std::int64_t now_ns, std::int64_t span_ns) {
  return at_ns && now_ns - *at_ns < span_ns;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string with_reason(std::string text, const std::string& reason) {
  return reason.empty() ? text : text + ": " + reason;
}

}  // namespace

std::string_view health_verdict_name(HealthVerdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"ok", "degraded", "critical", "unavailable"};
  return kNames[static_cast<std::size_t>(verdict)];
}

HealthMonitor::HealthMonitor(const HealthOptions& options, Nvml* nvml, Nvml::Gpu gpu,
                             std::function<DeviceState()> state, const Clock& clock)
    : options_(options),
      nvml_(nvml),
      gpu_(gpu),
      state_(std::move(state)),
      clock_(clock),
      began_ns_(clock.mono_ns()) {
  if (nvml_ == nullptr) return;
  const Status watched = nvml_->watch_xids(gpu_);
  watches_xids_ = watched.is_ok();
  if (!watches_xids_) log_warning("device", watched);
}

HealthMonitor::~HealthMonitor() {
  stop();
}

void HealthMonitor::start() {
  if (thread_.joinable()) return;
  stopping_ = false;
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      static_cast<void>(poll());
      lock.lock();
      wake_.wait_for(lock, std::chrono::milliseconds(options_.interval_ms),
                     [this] { return stopping_; });
    }
  });
}

void HealthMonitor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

HealthSample HealthMonitor::poll() {
  const std::lock_guard polling(polling_);
  const std::int64_t cpu_began_ns = thread_cpu_ns();
  const std::int64_t now_ns = clock_.mono_ns();
  HealthSample sample;
  sample.at_us = clock_.wall_us();
  sample.state = state_();
  std::vector<std::uint64_t> codes;
  if (nvml_ != nullptr) {
    sample.gpu = nvml_->sample(gpu_);
    codes = nvml_->take_xids();
  }
  xids_ += codes.size();
  if (!codes.empty()) last_xid_ = codes.back();
  if (watches_xids_) sample.xids = xids_;
  sample.last_xid = last_xid_;
  remember(sample, codes, now_ns);
  judge(sample, history_, now_ns);
  if (tell_) tell_(sample);
  const std::lock_guard lock(mutex_);
  latest_ = sample;
  latest_history_ = history_;
  cpu_ns_ += thread_cpu_ns() - cpu_began_ns;
  return sample;
}

void HealthMonitor::remember(const HealthSample& sample, const std::vector<std::uint64_t>& xids,
                             std::int64_t now_ns) {
  for (const std::uint64_t xid : xids) {
    const bool program = made_by_program(xid);
    (program ? history_.program_xid_ns : history_.device_xid_ns) = now_ns;
    (program ? history_.program_xid : history_.device_xid) = xid;
  }
  if (sample.gpu.ecc_uncorrected) {
    // What was counted before this process came is not news.
    if (history_.ecc_uncorrected && *sample.gpu.ecc_uncorrected > *history_.ecc_uncorrected) {
      history_.ecc_ns = now_ns;
    }
    history_.ecc_uncorrected = sample.gpu.ecc_uncorrected;
  }
  if (sample.state.spilled_bytes > history_.spilled_bytes) history_.spill_ns = now_ns;
  history_.spilled_bytes = sample.state.spilled_bytes;
}

void HealthMonitor::judge(HealthSample& sample, const History& history, std::int64_t now_ns) const {
  const auto& temperature = sample.gpu.temperature_c;
  const Breaker::View& breaker = sample.state.breaker;
  const auto found = [&](HealthVerdict verdict, std::string reason) {
    sample.verdict = verdict;
    sample.reasons.push_back(std::move(reason));
  };
  const auto hot = [&](HealthVerdict verdict, std::uint32_t limit) {
    if (!temperature || *temperature < limit) return;
    found(verdict, "temperature is " + std::to_string(*temperature) + " of " +
                       std::to_string(limit) + " degrees");
  };

  sample.verdict = HealthVerdict::kOk;
  sample.reasons.clear();
  hot(HealthVerdict::kCritical, options_.critical_celsius);
  const auto reported = [&](HealthVerdict verdict, const std::optional<std::int64_t>& at_ns,
                            std::uint64_t xid) {
    if (!within(at_ns, now_ns, kIncidentNs)) return;
    found(verdict, "the driver reported Xid " + std::to_string(xid));
  };
  reported(HealthVerdict::kCritical, history.device_xid_ns, history.device_xid);
  if (within(history.ecc_ns, now_ns, kIncidentNs)) {
    found(HealthVerdict::kCritical,
          "uncorrected memory errors rose to " + std::to_string(*history.ecc_uncorrected));
  }
  if (breaker.state == BreakerState::kDead) {
    found(HealthVerdict::kCritical, with_reason("the breaker is dead", breaker.reason));
  }
  if (sample.verdict != HealthVerdict::kOk) return;

  if (!sample.state.available) {
    found(HealthVerdict::kUnavailable, sample.state.reason);
    return;
  }
  hot(HealthVerdict::kDegraded, options_.warn_celsius);
  if (const std::uint64_t bits = sample.gpu.throttle_reasons.value_or(0) & kThrottledMask) {
    found(HealthVerdict::kDegraded, "clocks are lowered: " + join(throttle_names(bits)));
  }
  if (breaker.state != BreakerState::kClosed) {
    found(HealthVerdict::kDegraded,
          with_reason("the breaker is " + std::string(breaker_state_name(breaker.state)),
                      breaker.reason));
  }
  reported(HealthVerdict::kDegraded, history.program_xid_ns, history.program_xid);
  if (within(history.spill_ns, now_ns, kSpillNs)) {
    found(HealthVerdict::kDegraded, "device memory was spilled within the last minute");
  }
}

HealthSample HealthMonitor::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

HealthSample HealthMonitor::current() const {
  const DeviceState state = state_();
  const std::int64_t now_ns = clock_.mono_ns();
  const std::lock_guard lock(mutex_);
  HealthSample sample = latest_;
  if (sample.at_us == 0) sample.at_us = clock_.wall_us();
  sample.state = state;
  judge(sample, latest_history_, now_ns);
  return sample;
}

std::int64_t HealthMonitor::cpu_ns() const {
  const std::lock_guard lock(mutex_);
  return cpu_ns_;
}

double HealthMonitor::cpu_share() const {
  const std::int64_t wall_ns = clock_.mono_ns() - began_ns_;
  return wall_ns <= 0 ? 0.0 : static_cast<double>(cpu_ns()) / static_cast<double>(wall_ns);
}

}  // namespace weir::device
