// `weir device calibrate`: measures how fast processors and device are, and keeps it for the choice
// of where operations run.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/clock.hpp"
#include "device/calibration.hpp"
#include "main/device/settings.hpp"
#include "main/gate_options.hpp"
#include "main/verbs.hpp"
#include "ops/backend.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"out", "FILE", "where to keep the rates, default device.calibration_file"},
    {"dry-run", "", "measure and print, write nothing"},
    kConfigOption,
    kDeviceConfigOption,
    kSetOption,
};
constexpr double kGiga = 1e9;
constexpr double kMicro = 1e-6;

void print_rate(const char* what, double value, const char* unit, bool measured,
                const char* else_is = "built in") {
  std::printf("%-34s %10.4g %-8s %s\n", what, value, unit, measured ? "measured" : else_is);
}

void print_rates(const device::Calibration& calibration) {
  const device::Rates& rates = calibration.rates;
  const bool cpu = calibration.measured.cpu;
  const bool device = calibration.measured.device;
  const char* const inferred = cpu ? "from f32" : "built in";
  print_rate("memory, one core", rates.cpu_bytes_per_s / kGiga, "GB/s", cpu);
  print_rate("memory, all cores", rates.cpu_bytes_per_s_all / kGiga, "GB/s", cpu);
  print_rate("f64, one core", rates.cpu_ops_per_s[0] / kGiga, "Gop/s", cpu);
  print_rate("f32, one core", rates.cpu_ops_per_s[1] / kGiga, "Gop/s", cpu);
  print_rate("bf16, one core", rates.cpu_ops_per_s[2] / kGiga, "Gop/s", false, inferred);
  print_rate("int8, one core", rates.cpu_ops_per_s[3] / kGiga, "Gop/s", false, inferred);
  print_rate("handing over a task", rates.cpu_overhead_s / kMicro, "us", cpu);
  print_rate("host to device", rates.link_up_bytes_per_s / kGiga, "GB/s", device);
  print_rate("device to host", rates.link_down_bytes_per_s / kGiga, "GB/s", device);
  print_rate("device memory, read and written", rates.device_bytes_per_s / kGiga, "GB/s", device);
  print_rate("launch with copies", rates.launch_s / kMicro, "us", device);
}

// Refuses before seconds are spent on rates that could not be kept.
Status check_writable(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  std::error_code ignored;
  const bool there = std::filesystem::is_directory(folder, ignored);
  if (there && ::access(folder.c_str(), W_OK | X_OK) == 0) return Status::ok();
  return errno_status("write", path, there ? errno : ENOENT)
      .hint("name another place with --out, or a data directory with --set storage.data_dir=...");
}

Result<int> run(const Arguments& args) {
  WEIR_ASSIGN(const auto config, load_configuration(args));
  WEIR_ASSIGN(const device::DeviceConfig settings, device_settings(*config));
  const std::string path = args.text("out", settings.calibration_file);
  if (!args.has("dry-run")) WEIR_TRY(check_writable(path));
  WEIR_ASSIGN(ops::Backend backend, ops::open_backend(settings, ops::Workers(), system_clock()));
  std::printf("%s\n", backend.line.c_str());
  device::Calibration calibration;
  calibration.of = device::this_machine();
  calibration.at_us = system_clock().wall_us();
  constexpr double kCpuSeconds = 3;
  constexpr double kDeviceSeconds = 1.5;
  WEIR_TRY(device::measure_cpu(calibration.rates, {.seconds_max = kCpuSeconds}));
  calibration.measured.cpu = true;
  device::Device* const device = backend.context->device();
  // What a simulation takes says nothing of a GPU.
  if (device != nullptr && device->kind() == device::Kind::kCuda) {
    calibration.of = device::rates_for(calibration.of, device->info());
    WEIR_TRY(device::measure_device(*device, calibration.rates, {.seconds_max = kDeviceSeconds}));
    calibration.measured.device = true;
  }
  print_rates(calibration);
  if (args.has("dry-run")) return kExitOk;
  WEIR_TRY(device::save_calibration(path, calibration));
  std::printf("kept in %s\n", path.c_str());
  return kExitOk;
}

}  // namespace

const Command kDeviceCalibrateCommand = {
    "device calibrate", "", "measure processors and device, and keep the rates", kOptions, run};

}  // namespace weir::main
