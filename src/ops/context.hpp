// Context: where ops run. The CPU's workers, a device if there is one, the breaker in front of it,
// the rates that the cost model goes by, and counts of all that happened.
//
//   Context context(Workers(2), system_clock());
//   context.use_device(std::move(device), {});           // or: context.without_device(reason, why)
//   WEIR_ASSIGN(const Report report, execute<Sum>(context, {.x = x}, out));
//
// Thread-safe once set up.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/isa.hpp"
#include "device/breaker.hpp"
#include "device/device.hpp"
#include "device/rates.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"
#include "ops/workers.hpp"

namespace weir::ops {

class KeptArrays;

// What one execution of an op did.
struct Report {
  std::string_view op;
  std::uint32_t version = 0;
  device::Kind backend = device::Kind::kCpu;
  Isa isa = Isa::kScalar;         // of the CPU
  Reason reason = Reason::kNone;  // why it did not run on a GPU
  std::string sentence = {};      // the reason in words
  std::uint64_t rows_in = 0;
  std::uint64_t rows_out = 0;
  std::uint64_t bytes = 0;  // that the op has to touch
  double flops = 0;
  Ceiling ceiling = Ceiling::kDram;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::uint64_t bytes_spilled = 0;  // that others had to leave the device with meanwhile
  std::uint64_t chunks = 0;
  std::uint32_t attempts = 0;
  double seconds = 0;
  double predicted_seconds = 0;
  double cpu_seconds = 0;  // of all threads that worked on it
  bool silent = false;     // nobody is to be told of a fallback

  // Whether a CUDA kernel made the returned bytes.
  bool gpu_used() const { return backend == device::Kind::kCuda; }
};

// What an op was used for since the start.
struct OpCount {
  std::uint64_t count = 0;
  std::uint64_t gpu_count = 0;
  std::uint64_t failed = 0;
  double seconds = 0;
};

struct DevicePolicy {
  device::BreakerOptions breaker = {};
  double gain_ratio_min = 1.25;
  unsigned workers = 2;  // ops on the device at a time
};

class Context {
 public:
  // `clock` must outlive the context.
  Context(Workers workers, Clock& clock);
  ~Context();

  // Gives the context a device. Set it up before ops run.
  void use_device(std::unique_ptr<device::Device> device, const DevicePolicy& policy);
  // Lets ops find what is kept on the device from one to the next.
  void use_kept_arrays(std::shared_ptr<KeptArrays> arrays) { kept_arrays_ = std::move(arrays); }
  // Says why there is none.
  void without_device(Reason reason, std::string sentence);
  void set_rates(const device::Rates& rates) { rates_ = rates; }
  // Tests the device when the breaker is half open; ok closes it.
  void set_self_test(std::function<Status()> test) { self_test_ = std::move(test); }
  // Called after each op, from its thread, and for each fallback.
  using Observer = std::function<void(const Report&, const Status&)>;
  void set_observer(Observer observer) { observer_ = std::move(observer); }

  Workers& workers() { return workers_; }
  unsigned threads() const { return workers_.threads(); }
  Clock& clock() const { return clock_; }
  device::Device* device() const { return device_.get(); }
  device::Breaker* breaker() const { return breaker_.get(); }
  // Null where there is no device, or nothing is kept on it.
  KeptArrays* kept_arrays() const { return kept_arrays_.get(); }
  const device::Rates& rates() const { return rates_; }
  const DevicePolicy& policy() const { return policy_; }
  Reason no_device_reason() const { return no_device_; }
  const std::string& no_device_sentence() const { return no_device_sentence_; }
  const std::function<Status()>& self_test() const { return self_test_; }

  std::map<std::string, OpCount, std::less<>> op_counts() const;
  std::array<std::uint64_t, kReasons> fallback_counts() const;

  // Staging and streams for one op on the device; waits for one of policy().workers.
  class Slot {
   public:
    Slot(Context& context, std::unique_ptr<LaneSet> lanes)
        : context_(&context), lanes_(std::move(lanes)) {}
    Slot(Slot&&) = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot();
    LaneSet& lanes() const { return *lanes_; }

   private:
    Context* context_;
    std::unique_ptr<LaneSet> lanes_;
  };
  // Empty if the call is stopped while it waits.
  std::optional<Slot> take_slot(const TaskWatch& watch);

  // Books a finished op.
  void done(const Report& report, const Status& status);
  // Books that a device was wanted and the CPU took over.
  void fell_back(Reason reason);

 private:
  friend class Slot;
  Workers workers_;
  Clock& clock_;
  std::unique_ptr<device::Device> device_;
  std::shared_ptr<KeptArrays> kept_arrays_;
  std::unique_ptr<device::Breaker> breaker_;
  DevicePolicy policy_;
  device::Rates rates_;
  Reason no_device_ = Reason::kNoDevice;
  std::string no_device_sentence_ = "no device was opened";
  std::function<Status()> self_test_;
  Observer observer_;

  std::mutex slots_mutex_;
  std::condition_variable slot_free_;
  std::vector<std::unique_ptr<LaneSet>> slots_;
  unsigned slots_made_ = 0;

  mutable std::mutex counts_mutex_;
  std::map<std::string, OpCount, std::less<>> counts_;
  std::array<std::uint64_t, kReasons> fallbacks_{};
};

}  // namespace weir::ops
