// Nvml: what the driver's management library says of a GPU. The library is opened when it is
// there; each function is looked up by itself, and what is missing leaves its field empty.
//
//   WEIR_ASSIGN(auto nvml, Nvml::open());                   // unavailable (nvml): no GPU driver
//   WEIR_ASSIGN(const Nvml::Gpu gpu, nvml->find({.uuid = "GPU-..."}));
//   const GpuSample sample = nvml->sample(gpu);
//   if (sample.temperature_c) ...
//
// A field is empty if the library lacks the function or the GPU does not answer it: never 0.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace weir::device {

struct GpuSample {
  struct Remapped {
    std::uint32_t corrected = 0;    // rows
    std::uint32_t uncorrected = 0;  // rows
    bool pending = false;           // until the next reset
    bool failed = false;
  };

  std::optional<std::uint32_t> index = {};  // in the library's order, that of the PCI bus
  std::optional<std::string> name = {};
  std::optional<std::string> uuid = {};
  std::optional<std::string> pci_bus_id = {};
  std::optional<std::string> driver = {};
  std::optional<std::uint64_t> memory_total = {};  // bytes
  std::optional<std::uint64_t> memory_used = {};   // by processes, without memory_reserved
  std::optional<std::uint64_t> memory_free = {};
  std::optional<std::uint64_t> memory_reserved = {};  // by driver and firmware
  std::optional<std::uint32_t> utilization = {};      // percent of time in which a kernel ran
  std::optional<std::uint32_t> memory_utilization = {};
  std::optional<std::uint32_t> temperature_c = {};
  std::optional<std::uint32_t> power_mw = {};
  std::optional<std::uint64_t> energy_mj = {};  // since the driver was loaded
  std::optional<std::uint32_t> sm_clock_mhz = {};
  std::optional<std::uint32_t> memory_clock_mhz = {};
  std::optional<std::uint64_t> throttle_reasons = {};  // bits; see throttle_names()
  std::optional<std::uint64_t> ecc_corrected = {};     // since the last reset
  std::optional<std::uint64_t> ecc_uncorrected = {};
  std::optional<Remapped> remapped = {};
  std::optional<std::uint32_t> pcie_replays = {};
  std::optional<std::uint32_t> processes = {};
};

// Returns the names of the reasons for lower clocks: "gpu_idle", "sw_power_cap", ...; unknown bits
// as "bit_N".
std::vector<std::string> throttle_names(std::uint64_t reasons);
// The reasons that mean something is wrong: slowed down by heat or by the power supply. Idleness,
// chosen clocks and the power limit of full load are none.
inline constexpr std::uint64_t kThrottledMask = 0x08 | 0x20 | 0x40 | 0x80;

class Nvml {
 public:
  // The library's handle of a GPU; valid as long as the Nvml.
  struct Gpu {
    void* handle = nullptr;
    std::uint32_t index = 0;  // in the library's order
  };
  struct Wanted {
    std::uint32_t ordinal = 0;  // in the library's order, that of the PCI bus
    std::string uuid = {};      // goes before the ordinal; empty: none
  };

  // Opens and starts the library. unavailable (nvml) if it is not there, lacks what nothing works
  // without, or does not start.
  static Result<std::unique_ptr<Nvml>> open(const std::string& path = "libnvidia-ml.so.1");
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  // not_found (gpu_unknown) if there is no such GPU.
  Result<Gpu> find(const Wanted& wanted) const;
  // Asks everything. About a millisecond; thread-safe.
  GpuSample sample(const Gpu& gpu) const;

  // Begins to collect the GPU's Xid errors. unimplemented (nvml_events) if it cannot be.
  Status watch_xids(const Gpu& gpu);
  // Returns the codes that came since the last call, without waiting.
  std::vector<std::uint64_t> take_xids();

  // Returns the functions that the library lacks.
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  struct Functions;
  Nvml(void* library, std::unique_ptr<Functions> functions, std::vector<std::string> missing);
  std::string error_text(int code) const;

  void* library_;
  std::unique_ptr<Functions> f_;
  std::vector<std::string> missing_;
  bool started_ = false;
  void* events_ = nullptr;
};

}  // namespace weir::device
