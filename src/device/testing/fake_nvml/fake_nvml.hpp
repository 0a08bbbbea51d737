// FakeNvml: a management library for tests, built as shared objects of its own.
//
//   auto nvml = Nvml::open(WEIR_FAKE_NVML "/libfake_nvml.so");
//   FakeNvml& fake = fake_nvml(WEIR_FAKE_NVML "/libfake_nvml.so");   // the same object's state
//   fake.temperature = 90;
//
// libfake_nvml_old.so is the library of an old driver, libfake_nvml_bare.so one that can hardly do
// anything.
#pragma once

#include <dlfcn.h>

#include <string>

struct FakeNvml {
  int init_code = 0;
  int starts = 0;  // less stops
  unsigned temperature = 61;
  unsigned power_mw = 412'345;
  unsigned long long energy_mj = 123'456'789'012;
  unsigned long long throttle = 0x1;
  unsigned long long ecc_corrected = 3;
  unsigned long long ecc_uncorrected = 0;
  int ecc_code = 0;
  bool used_includes_reserved = false;
  unsigned long long xids[8] = {};
  unsigned xid_count = 0;  // waiting
  int register_code = 0;
};

// Returns the state of a library that is open; it ends with the library.
inline FakeNvml& fake_nvml(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  auto* const state = reinterpret_cast<FakeNvml* (*)()>(::dlsym(library, "fake_nvml_state"));
  ::dlclose(library);
  return *state();
}
