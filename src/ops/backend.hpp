// The compute of this machine, opened: the device that the configuration asks for, tested before it
// is trusted, or the CPU with the reason why.
//
//   WEIR_ASSIGN(const Backend backend, open_backend(config, Workers(2), clock));
//   log(backend.line);                       // "gpu.initialized ..." or "cpu: no_device, ..."
//   execute<Sum>(*backend.context, args, out);
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "device/calibration.hpp"
#include "device/config.hpp"
#include "ops/context.hpp"

namespace weir::ops {

struct Backend {
  std::unique_ptr<Context> context;
  device::RatesMeasured measured = {};
  std::string line;                     // for the log: what runs, and why not a GPU
  std::vector<std::string> notes = {};  // for the log: measured rates that do not count here
};

// Opens the device: driver, memory pool, three ops whose results the CPU checks, all within 30 s.
// What fails leaves the CPU, unless the configuration names the backend: then unavailable with the
// reason. The rates are those that config.calibration_file has of this machine and device.
// `clock` must outlive the backend.
Result<Backend> open_backend(const device::DeviceConfig& config, Workers workers, Clock& clock);

// Opens just the device; unavailable with the reason. With BackendChoice::kAuto: a GPU.
Result<std::unique_ptr<device::Device>> open_device(const device::DeviceConfig& config,
                                                    Clock& clock);

// Runs ops of different classes on the context's device and compares them with the CPU.
// unavailable (self_test_failed) names the op and the difference; the context needs a device.
Status self_test(Context& context);

}  // namespace weir::ops
