// HealthMonitor: looks after the device once in a while and says how it is.
//
//   HealthMonitor monitor(options, nvml.get(), gpu, [&] { return state_of(device); }, clock);
//   monitor.on_sample([&](const HealthSample& sample) { metrics.publish(sample); });
//   monitor.start();                                  // one thread; poll() does the same by hand
//   const HealthSample now = monitor.latest();
//
//   critical     as hot as critical_celsius; or the breaker dead; or, within the last ten minutes,
//                an Xid error of the device or a new uncorrected memory error
//   unavailable  operations cannot run on the device, for the reason given
//   degraded     as hot as warn_celsius; or clocks lowered by heat or power supply; or the breaker
//                not closed; or something spilled within the last minute; or, within the last ten
//                minutes, an Xid error that a program made, which may be another's
//   ok           nothing of that kind that anybody could read
//
// The first that applies counts. Without a management library only the device's own state does.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "device/breaker.hpp"
#include "device/nvml.hpp"

namespace weir::device {

enum class HealthVerdict : std::uint8_t { kOk, kDegraded, kCritical, kUnavailable };
std::string_view health_verdict_name(HealthVerdict verdict);  // "ok", ...

// What the device itself knows, asked anew for each sample.
struct DeviceState {
  bool available = false;
  std::string reason = {};  // why it is not
  Breaker::View breaker = {};
  std::uint64_t spilled_bytes = 0;  // since the start
};

struct HealthSample {
  std::int64_t at_us = 0;  // wall time
  HealthVerdict verdict = HealthVerdict::kUnavailable;
  std::vector<std::string> reasons = {};  // why it is not ok, for people
  DeviceState state = {};
  GpuSample gpu = {};
  std::optional<std::uint64_t> xids = {};      // counted since the start; empty: nobody could
  std::optional<std::uint64_t> last_xid = {};  // empty: none yet
};

struct HealthOptions {
  std::uint32_t interval_ms = 1000;
  std::uint32_t warn_celsius = 83;
  std::uint32_t critical_celsius = 90;
};

class HealthMonitor {
 public:
  // `nvml`, which may be null, and `clock` outlive the monitor.
  HealthMonitor(const HealthOptions& options, Nvml* nvml, Nvml::Gpu gpu,
                std::function<DeviceState()> state, const Clock& clock);
  ~HealthMonitor();  // stops
  HealthMonitor(const HealthMonitor&) = delete;
  HealthMonitor& operator=(const HealthMonitor&) = delete;

  // Is called with each sample, by the thread that took it. Set it before start().
  void on_sample(std::function<void(const HealthSample&)> tell) { tell_ = std::move(tell); }
  // Begins to poll in a thread of its own; nothing if it has begun.
  void start();
  // Waits until that thread has ended.
  void stop();

  // Takes one sample now. About a millisecond.
  HealthSample poll();
  // Returns the sample taken last; unavailable if there is none yet. Thread-safe.
  HealthSample latest() const;
  // Returns the sample taken last, judged anew with the device's own state of this moment.
  HealthSample current() const;

  // Returns the processor time that polling has taken.
  std::int64_t cpu_ns() const;
  // Returns its share of one core since the monitor was made.
  double cpu_share() const;

 private:
  // When something happened last, on the monotonic clock; never: empty.
  struct History {
    std::optional<std::int64_t> device_xid_ns = {};
    std::optional<std::int64_t> program_xid_ns = {};
    std::uint64_t device_xid = 0;  // the last of each kind
    std::uint64_t program_xid = 0;
    std::optional<std::int64_t> ecc_ns = {};
    std::optional<std::int64_t> spill_ns = {};
    std::optional<std::uint64_t> ecc_uncorrected = {};
    std::uint64_t spilled_bytes = 0;
  };
  void remember(const HealthSample& sample, const std::vector<std::uint64_t>& xids,
                std::int64_t now_ns);
  void judge(HealthSample& sample, const History& history, std::int64_t now_ns) const;

  const HealthOptions options_;
  Nvml* const nvml_;
  const Nvml::Gpu gpu_;
  const std::function<DeviceState()> state_;
  const Clock& clock_;
  const std::int64_t began_ns_;
  bool watches_xids_ = false;
  std::function<void(const HealthSample&)> tell_;

  mutable std::mutex mutex_;  // of what follows
  HealthSample latest_;
  History latest_history_;
  std::int64_t cpu_ns_ = 0;
  bool stopping_ = false;
  std::condition_variable wake_;

  std::mutex polling_;  // one poll at a time; of what follows
  History history_;
  std::uint64_t xids_ = 0;
  std::optional<std::uint64_t> last_xid_;

  std::thread thread_;
};

}  // namespace weir::device
