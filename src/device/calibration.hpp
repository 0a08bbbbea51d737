// Calibration: the measured rates of a machine and its device, kept in a file between runs.
//
//   const RatesFor here = rates_for(this_machine(), device.info());
//   LoadedRates loaded = load_rates("calibration.json", here);       // else the built-in ones
//   for (const std::string& why : loaded.ignored) log_info(...);
//   ...
//   Calibration made{.of = here, .rates = loaded.rates};
//   WEIR_TRY(measure_cpu(made.rates));                               // seconds
//   made.measured.cpu = true;
//   WEIR_TRY(save_calibration("calibration.json", made));
//
// A rate counts only on the machine it was measured on: the processors by model and number, the
// device by name, UUID and driver. What was measured elsewhere, or never, is the built-in value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "device/device.hpp"
#include "device/rates.hpp"

namespace weir::device {

// What rates belong to. An empty device: there is none.
struct RatesFor {
  std::string cpu = {};  // model name
  std::uint32_t cores = 0;
  std::string device = {};
  std::string uuid = {};
  std::string driver = {};
  bool operator==(const RatesFor&) const = default;
};

// Returns the machine's processors, without a device.
RatesFor this_machine();
// Adds a device; one that computes on the CPU is none.
RatesFor rates_for(RatesFor machine, const DeviceInfo& device);

// Which rates were measured on this machine: bytes per second, f64 and f32 of the
// processors; bytes per second, links and launches of the device. The others never are.
struct RatesMeasured {
  bool cpu = false;
  bool device = false;
};

struct Calibration {
  RatesFor of = {};
  Rates rates = {};
  RatesMeasured measured = {};
  std::int64_t at_us = 0;  // wall time
};

std::string calibration_json(const Calibration& calibration);
// data_loss (calibration) if it is no such text, or a rate is not a positive number.
Result<Calibration> parse_calibration(std::string_view json);

// Writes the file as a whole or not at all.
Status save_calibration(const std::string& path, const Calibration& calibration);

struct LoadedRates {
  Rates rates = {};
  RatesMeasured measured = {};
  std::int64_t at_us = 0;
  std::vector<std::string> ignored = {};  // what the file has that does not count, and why
};
// Reads what the file has measured on this very machine and device. A missing file is no problem;
// one that is damaged is ignored, with its reason.
LoadedRates load_rates(const std::string& path, const RatesFor& here);

struct MeasureOptions {
  double seconds_max = 4;                                 // of all measurements together, about
  std::uint64_t buffer_bytes = std::uint64_t{256} << 20;  // of one core; well beyond the caches
};
// Measures the processors: bytes read from memory by one core and by all, f64 and f32 operations of
// one core, and what it costs to hand a task to another thread. Those of bf16 and int8 products are
// inferred from f32. Other rates stay as they are. Wants the machine for itself. resource_exhausted
// if there is no memory for the buffers.
Status measure_cpu(Rates& rates, const MeasureOptions& options = {});
// Measures copies to, from and within the device as operations make them, through its staging ring,
// and what a launch with a copy around it takes. Rates of computing stay as they are. The errors of
// the device; resource_exhausted if its budget has no room for 16 MiB.
Status measure_device(Device& device, Rates& rates, const MeasureOptions& options = {});

}  // namespace weir::device
