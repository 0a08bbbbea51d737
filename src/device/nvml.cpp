#include "device/nvml.hpp"

#include <dlfcn.h>

#include <array>
#include <utility>

namespace weir::device {
namespace {

// The library's types, as its version 11 and later have them.
using Handle = void*;
constexpr int kSuccess = 0;
constexpr int kInsufficientSize = 7;
constexpr unsigned kSensorGpu = 0;
constexpr unsigned kClockSm = 1;
constexpr unsigned kClockMemory = 2;
constexpr unsigned kCorrected = 0;
constexpr unsigned kUncorrected = 1;
constexpr unsigned kVolatile = 0;
constexpr unsigned long long kXidEvent = 0x8;
constexpr unsigned kTextBytes = 96;
constexpr std::uint32_t kGpusMax = 1024;

struct MemoryInfo {
  unsigned version = 0;
  unsigned long long total = 0;
  unsigned long long reserved = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};
static_assert(sizeof(MemoryInfo) == 0x28);
constexpr unsigned kMemoryVersion = sizeof(MemoryInfo) | 2U << 24;

struct Utilization {
  unsigned gpu = 0;
  unsigned memory = 0;
};

struct PciInfo {
  char bus_id_legacy[16] = {};
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned device = 0;
  unsigned pci_device_id = 0;
  unsigned pci_subsystem_id = 0;
  char bus_id[32] = {};
};
static_assert(sizeof(PciInfo) == 68);

struct ProcessInfo {
  unsigned pid = 0;
  unsigned long long used_memory = 0;
  unsigned gpu_instance = 0;
  unsigned compute_instance = 0;
};
static_assert(sizeof(ProcessInfo) == 24);

struct EventData {
  Handle device = nullptr;
  unsigned long long type = 0;
  unsigned long long data = 0;
  unsigned gpu_instance = 0;
  unsigned compute_instance = 0;
};
static_assert(sizeof(EventData) == 32);

template <std::size_t N>
std::string text_of(const std::array<char, N>& text) {
  std::string out(text.data(), N);
  return out.substr(0, out.find('\0'));
}

// Calls a function that writes a text into a buffer, its last two arguments.
template <class Function, class... Arguments>
std::optional<std::string> ask_text(Function function, Arguments... arguments) {
  std::array<char, kTextBytes> text{};
  if (function == nullptr || function(arguments..., text.data(), kTextBytes) != kSuccess) {
    return std::nullopt;
  }
  return text_of(text);
}

// Calls a function whose last argument takes one value.
template <class T, class Function, class... Arguments>
std::optional<T> ask(Function function, Arguments... arguments) {
  T value{};
  if (function == nullptr || function(arguments..., &value) != kSuccess) return std::nullopt;
  return value;
}

}  // namespace

struct Nvml::Functions {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  const char* (*error_string)(int) = nullptr;
  int (*driver_version)(char*, unsigned) = nullptr;
  int (*handle_by_index)(unsigned, Handle*) = nullptr;
  int (*uuid)(Handle, char*, unsigned) = nullptr;
  int (*name)(Handle, char*, unsigned) = nullptr;
  int (*pci_info)(Handle, PciInfo*) = nullptr;
  int (*memory_info)(Handle, MemoryInfo*) = nullptr;
  int (*utilization)(Handle, Utilization*) = nullptr;
  int (*temperature)(Handle, unsigned, unsigned*) = nullptr;
  int (*power)(Handle, unsigned*) = nullptr;
  int (*energy)(Handle, unsigned long long*) = nullptr;
  int (*clock)(Handle, unsigned, unsigned*) = nullptr;
  int (*throttle)(Handle, unsigned long long*) = nullptr;
  int (*ecc)(Handle, unsigned, unsigned, unsigned long long*) = nullptr;
  int (*remapped)(Handle, unsigned*, unsigned*, unsigned*, unsigned*) = nullptr;
  int (*pcie_replays)(Handle, unsigned*) = nullptr;
  int (*processes)(Handle, unsigned*, ProcessInfo*) = nullptr;
  int (*event_set_create)(Handle*) = nullptr;
  int (*register_events)(Handle, unsigned long long, Handle) = nullptr;
  int (*event_set_wait)(Handle, EventData*, unsigned) = nullptr;
  int (*event_set_free)(Handle) = nullptr;

  // Looks up every function; returns the names of those that are not there.
  std::vector<std::string> bind(void* library) {
    std::vector<std::string> missing;
    const auto one = [&]<class F>(F& function, std::initializer_list<const char*> names) {
      for (const char* symbol : names) {
        function = reinterpret_cast<F>(::dlsym(library, symbol));
        if (function != nullptr) return;
      }
      missing.emplace_back(*names.begin());
    };
    one(init, {"nvmlInit_v2"});
    one(shutdown, {"nvmlShutdown"});
    one(error_string, {"nvmlErrorString"});
    one(driver_version, {"nvmlSystemGetDriverVersion"});
    one(handle_by_index, {"nvmlDeviceGetHandleByIndex_v2"});
    one(uuid, {"nvmlDeviceGetUUID"});
    one(name, {"nvmlDeviceGetName"});
    one(pci_info, {"nvmlDeviceGetPciInfo_v3"});
    one(memory_info, {"nvmlDeviceGetMemoryInfo_v2"});
    one(utilization, {"nvmlDeviceGetUtilizationRates"});
    one(temperature, {"nvmlDeviceGetTemperature"});
    one(power, {"nvmlDeviceGetPowerUsage"});
    one(energy, {"nvmlDeviceGetTotalEnergyConsumption"});
    one(clock, {"nvmlDeviceGetClockInfo"});
    one(throttle, {"nvmlDeviceGetCurrentClocksEventReasons",
                   "nvmlDeviceGetCurrentClocksThrottleReasons"});  // as it was called before
    one(ecc, {"nvmlDeviceGetTotalEccErrors"});
    one(remapped, {"nvmlDeviceGetRemappedRows"});
    one(pcie_replays, {"nvmlDeviceGetPcieReplayCounter"});
    one(processes, {"nvmlDeviceGetComputeRunningProcesses_v3"});
    one(event_set_create, {"nvmlEventSetCreate"});
    one(register_events, {"nvmlDeviceRegisterEvents"});
    one(event_set_wait, {"nvmlEventSetWait_v2"});
    one(event_set_free, {"nvmlEventSetFree"});
    return missing;
  }
};

std::vector<std::string> throttle_names(std::uint64_t reasons) {
  constexpr std::array<const char*, 9> kNames = {
      "gpu_idle",   "application_clocks",  "sw_power_cap",   "hw_slowdown",   "sync_boost",
      "sw_thermal", "hw_thermal_slowdown", "hw_power_brake", "display_clocks"};
  std::vector<std::string> out;
  for (std::size_t bit = 0; bit < 64; ++bit) {
    if ((reasons >> bit & 1) == 0) continue;
    out.push_back(bit < kNames.size() ? std::string(kNames[bit]) : "bit_" + std::to_string(bit));
  }
  return out;
}

Nvml::Nvml(void* library, std::unique_ptr<Functions> functions, std::vector<std::string> missing)
    : library_(library), f_(std::move(functions)), missing_(std::move(missing)) {}

Result<std::unique_ptr<Nvml>> Nvml::open(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = ::dlerror();
    return fail(unavailable("nvml", why == nullptr ? path : std::string(why)));
  }
  auto functions = std::make_unique<Functions>();
  std::vector<std::string> missing = functions->bind(library);
  std::unique_ptr<Nvml> out(new Nvml(library, std::move(functions), std::move(missing)));
  if (out->f_->init == nullptr || out->f_->handle_by_index == nullptr) {
    return fail(unavailable("nvml", path + " lacks nvmlInit_v2 or nvmlDeviceGetHandleByIndex_v2"));
  }
  if (const int code = out->f_->init(); code != kSuccess) {
    return fail(unavailable("nvml", path + " does not start: " + out->error_text(code)));
  }
  out->started_ = true;
  return out;
}

Nvml::~Nvml() {
  if (events_ != nullptr && f_->event_set_free != nullptr) f_->event_set_free(events_);
  if (started_ && f_->shutdown != nullptr) f_->shutdown();
  ::dlclose(library_);
}

std::string Nvml::error_text(int code) const {
  const char* const text = f_->error_string == nullptr ? nullptr : f_->error_string(code);
  return text == nullptr ? "error " + std::to_string(code) : std::string(text);
}

Result<Nvml::Gpu> Nvml::find(const Wanted& wanted) const {
  if (wanted.uuid.empty()) {
    Gpu gpu{.index = wanted.ordinal};
    const int code = f_->handle_by_index(wanted.ordinal, &gpu.handle);
    if (code == kSuccess) return gpu;
    return fail(not_found("gpu_unknown",
                          "no GPU " + std::to_string(wanted.ordinal) + ": " + error_text(code))
                    .at("device.ordinal"));
  }
  for (std::uint32_t i = 0; i < kGpusMax; ++i) {
    Gpu gpu{.index = i};
    if (f_->handle_by_index(i, &gpu.handle) != kSuccess) break;
    if (ask_text(f_->uuid, gpu.handle) == wanted.uuid) return gpu;
  }
  return fail(not_found("gpu_unknown", "no GPU with the UUID " + wanted.uuid).at("device.uuid"));
}

GpuSample Nvml::sample(const Gpu& gpu) const {
  const Handle handle = gpu.handle;
  GpuSample out;
  out.index = gpu.index;
  out.driver = ask_text(f_->driver_version);
  out.name = ask_text(f_->name, handle);
  out.uuid = ask_text(f_->uuid, handle);
  if (const auto pci = ask<PciInfo>(f_->pci_info, handle)) {
    const std::string bus_id(pci->bus_id, sizeof pci->bus_id);
    out.pci_bus_id = bus_id.substr(0, bus_id.find('\0'));
  }
  MemoryInfo memory{.version = kMemoryVersion};
  if (f_->memory_info != nullptr && f_->memory_info(handle, &memory) == kSuccess) {
    out.memory_total = memory.total;
    out.memory_free = memory.free;
    out.memory_reserved = memory.reserved;
    // Drivers differ in whether `used` includes what is reserved; the sum tells.
    const bool included = memory.used >= memory.reserved &&
                          memory.used + memory.free + memory.reserved > memory.total;
    out.memory_used = included ? memory.used - memory.reserved : memory.used;
  }
  if (const auto busy = ask<Utilization>(f_->utilization, handle)) {
    out.utilization = busy->gpu;
    out.memory_utilization = busy->memory;
  }
  out.temperature_c = ask<unsigned>(f_->temperature, handle, kSensorGpu);
  out.power_mw = ask<unsigned>(f_->power, handle);
  out.energy_mj = ask<unsigned long long>(f_->energy, handle);
  out.sm_clock_mhz = ask<unsigned>(f_->clock, handle, kClockSm);
  out.memory_clock_mhz = ask<unsigned>(f_->clock, handle, kClockMemory);
  out.throttle_reasons = ask<unsigned long long>(f_->throttle, handle);
  out.ecc_corrected = ask<unsigned long long>(f_->ecc, handle, kCorrected, kVolatile);
  out.ecc_uncorrected = ask<unsigned long long>(f_->ecc, handle, kUncorrected, kVolatile);
  std::array<unsigned, 4> rows{};
  if (f_->remapped != nullptr &&
      f_->remapped(handle, &rows[0], &rows[1], &rows[2], &rows[3]) == kSuccess) {
    out.remapped = {rows[0], rows[1], rows[2] != 0, rows[3] != 0};
  }
  out.pcie_replays = ask<unsigned>(f_->pcie_replays, handle);
  unsigned processes = 0;
  if (f_->processes != nullptr) {
    const int code = f_->processes(handle, &processes, nullptr);  // only to be counted
    if (code == kSuccess || code == kInsufficientSize) out.processes = processes;
  }
  return out;
}

Status Nvml::watch_xids(const Gpu& gpu) {
  if (f_->event_set_create == nullptr || f_->register_events == nullptr ||
      f_->event_set_wait == nullptr) {
    return Status(Code::kUnimplemented, "nvml_events", "the library has no events");
  }
  int code = events_ == nullptr ? f_->event_set_create(&events_) : kSuccess;
  if (code == kSuccess) code = f_->register_events(gpu.handle, kXidEvent, events_);
  if (code == kSuccess) return Status::ok();
  return Status(Code::kUnimplemented, "nvml_events", error_text(code));
}

std::vector<std::uint64_t> Nvml::take_xids() {
  constexpr std::size_t kAtOnceMax = 1024;  // a GPU that falls apart must not keep us here
  std::vector<std::uint64_t> codes;
  if (events_ == nullptr) return codes;
  EventData event;
  while (codes.size() < kAtOnceMax && f_->event_set_wait(events_, &event, 0) == kSuccess) {
    if ((event.type & kXidEvent) != 0) codes.push_back(event.data);
  }
  return codes;
}

}  // namespace weir::device
