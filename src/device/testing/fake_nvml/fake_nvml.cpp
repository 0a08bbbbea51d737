#include "device/testing/fake_nvml/fake_nvml.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace {

FakeNvml state;
constexpr int kSuccess = 0;
constexpr int kInvalidArgument = 2;
[[maybe_unused]] constexpr int kInsufficientSize = 7;
[[maybe_unused]] constexpr int kTimeout = 10;
constexpr unsigned kGpus = 2;
int gpus[kGpus];  // their addresses are the handles
[[maybe_unused]] int event_set;

[[maybe_unused]] unsigned index_of(void* handle) {
  return handle == &gpus[1] ? 1 : 0;
}

[[maybe_unused]] int give_text(char* out, unsigned size, const char* text) {
  if (std::strlen(text) + 1 > size) return kInsufficientSize;
  std::snprintf(out, size, "%s", text);
  return kSuccess;
}

}  // namespace

extern "C" {

FakeNvml* fake_nvml_state() {
  return &state;
}

int nvmlInit_v2() {
  if (state.init_code == kSuccess) ++state.starts;
  return state.init_code;
}

int nvmlShutdown() {
  --state.starts;
  return kSuccess;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle) {
  if (index >= kGpus) return kInvalidArgument;
  *handle = &gpus[index];
  return kSuccess;
}

int nvmlDeviceGetTemperature(void*, unsigned sensor, unsigned* out) {
  if (sensor != 0) return kInvalidArgument;
  *out = state.temperature;
  return kSuccess;
}

#ifndef WEIR_FAKE_NVML_BARE

const char* nvmlErrorString(int code) {
  return code == kInvalidArgument ? "Invalid Argument" : "Unknown Error";
}

int nvmlSystemGetDriverVersion(char* out, unsigned size) {
  return give_text(out, size, "570.00.01");
}

int nvmlDeviceGetUUID(void* handle, char* out, unsigned size) {
  return give_text(out, size, index_of(handle) == 0 ? "GPU-00000000-0000" : "GPU-11111111-1111");
}

int nvmlDeviceGetName(void*, char* out, unsigned size) {
  return give_text(out, size, "Fake \"F\" 200");
}

int nvmlDeviceGetPciInfo_v3(void* handle, void* out) {
  std::memset(out, 0, 68);
  std::snprintf(static_cast<char*>(out) + 36, 32, "00000000:%02X:00.0", 0x1B + index_of(handle));
  return kSuccess;
}

int nvmlDeviceGetUtilizationRates(void*, unsigned* out) {
  out[0] = 37;
  out[1] = 12;
  return kSuccess;
}

int nvmlDeviceGetPowerUsage(void*, unsigned* out) {
  *out = state.power_mw;
  return kSuccess;
}

int nvmlDeviceGetClockInfo(void*, unsigned clock, unsigned* out) {
  if (clock != 1 && clock != 2) return kInvalidArgument;
  *out = clock == 1 ? 1980 : 3201;
  return kSuccess;
}

int nvmlDeviceGetTotalEccErrors(void*, unsigned type, unsigned counter, unsigned long long* out) {
  if (type > 1 || counter != 0) return kInvalidArgument;
  *out = type == 0 ? state.ecc_corrected : state.ecc_uncorrected;
  return state.ecc_code;
}

int nvmlDeviceGetPcieReplayCounter(void*, unsigned* out) {
  *out = 4;
  return kSuccess;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void*, unsigned long long* out) {
  *out = state.throttle;
  return kSuccess;
}

#ifndef WEIR_FAKE_NVML_OLD

int nvmlDeviceGetCurrentClocksEventReasons(void*, unsigned long long* out) {
  *out = state.throttle;
  return kSuccess;
}

int nvmlDeviceGetMemoryInfo_v2(void*, void* out) {
  constexpr unsigned long long kGiB = 1ULL << 30;
  unsigned version = 0;
  std::memcpy(&version, out, sizeof version);
  if (version != 0x02000028) return kInvalidArgument;
  const unsigned long long values[] = {140 * kGiB, 1 * kGiB, 109 * kGiB,
                                       (state.used_includes_reserved ? 31 : 30) * kGiB};
  std::memcpy(static_cast<char*>(out) + 8, values, sizeof values);
  return kSuccess;
}

int nvmlDeviceGetTotalEnergyConsumption(void*, unsigned long long* out) {
  *out = state.energy_mj;
  return kSuccess;
}

int nvmlDeviceGetRemappedRows(void*, unsigned* corrected, unsigned* uncorrected, unsigned* pending,
                              unsigned* failed) {
  *corrected = 5;
  *uncorrected = 1;
  *pending = 1;
  *failed = 0;
  return kSuccess;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void*, unsigned* count, void* out) {
  constexpr unsigned kRunning = 2;
  const bool fits = out != nullptr && *count >= kRunning;
  *count = kRunning;
  return fits ? kSuccess : kInsufficientSize;
}

int nvmlEventSetCreate(void** set) {
  *set = &event_set;
  return kSuccess;
}

int nvmlDeviceRegisterEvents(void*, unsigned long long types, void* set) {
  if (types != 0x8 || set != &event_set) return kInvalidArgument;
  return state.register_code;
}

int nvmlEventSetWait_v2(void*, void* out, unsigned) {
  if (state.xid_count == 0) return kTimeout;
  const unsigned long long event[] = {0x8, state.xids[0]};
  std::memset(out, 0, 32);
  std::memcpy(static_cast<char*>(out) + 8, event, sizeof event);
  --state.xid_count;
  std::copy(state.xids + 1, state.xids + 8, state.xids);
  return kSuccess;
}

int nvmlEventSetFree(void*) {
  return kSuccess;
}

#endif
#endif
}
