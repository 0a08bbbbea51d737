#include "device/calibration.hpp"

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/config/config.hpp"
#include "base/json.hpp"

namespace weir::device {
namespace {

namespace dom = simdjson::dom;
constexpr std::uint64_t kFormat = 1;
constexpr std::array<std::string_view, kUnits> kUnitNames = {"f64", "f32", "bf16", "int8"};

// Calls visit(name, value) for every rate, in the file's order.
template <class SomeRates, class Visit>
void each_cpu_rate(SomeRates& rates, Visit&& visit) {
  visit("cpu_bytes_per_s", rates.cpu_bytes_per_s);
  visit("cpu_bytes_per_s_all", rates.cpu_bytes_per_s_all);
  visit("cpu_overhead_s", rates.cpu_overhead_s);
  for (std::size_t i = 0; i < kUnits; ++i) {
    visit("cpu_" + std::string(kUnitNames[i]) + "_per_s", rates.cpu_ops_per_s[i]);
  }
}

template <class SomeRates, class Visit>
void each_device_rate(SomeRates& rates, Visit&& visit) {
  visit("link_up_bytes_per_s", rates.link_up_bytes_per_s);
  visit("link_down_bytes_per_s", rates.link_down_bytes_per_s);
  visit("launch_s", rates.launch_s);
  visit("device_bytes_per_s", rates.device_bytes_per_s);
  for (std::size_t i = 0; i < kUnits; ++i) {
    visit("device_" + std::string(kUnitNames[i]) + "_per_s", rates.device_ops_per_s[i]);
  }
}

Status damaged(std::string message) {
  return data_loss("calibration", std::move(message)).hint("run weir device calibrate");
}

bool get(const dom::element& object, std::string_view key, std::string& to) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return false;
  to = text;
  return true;
}

}  // namespace

RatesFor this_machine() {
  RatesFor out;
  out.cores = std::max(1U, std::thread::hardware_concurrency());
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t at = line.find(": ");
    if (at != std::string::npos) out.cpu = line.substr(at + 2);
    break;
  }
  return out;
}

RatesFor rates_for(RatesFor machine, const DeviceInfo& device) {
  if (device.kind == Kind::kCpu) return machine;
  machine.device = device.name;
  machine.uuid = device.uuid;
  machine.driver = device.driver;
  return machine;
}

std::string calibration_json(const Calibration& calibration) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("weir_calibration").u64(kFormat);
  json.key("at_us").i64_string(calibration.at_us);
  json.key("cpu").string(calibration.of.cpu).key("cores").u64(calibration.of.cores);
  json.key("device").string(calibration.of.device).key("uuid").string(calibration.of.uuid);
  json.key("driver").string(calibration.of.driver);
  json.key("cpu_measured").boolean(calibration.measured.cpu);
  json.key("device_measured").boolean(calibration.measured.device);
  json.key("rates").begin_object();
  const auto write = [&](const std::string& name, double value) { json.key(name).f64(value); };
  each_cpu_rate(calibration.rates, write);
  each_device_rate(calibration.rates, write);
  json.end_object().end_object();
  return out + "\n";
}

Result<Calibration> parse_calibration(std::string_view text) {
  dom::parser parser;
  dom::element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root)) {
    return fail(damaged(std::string("no JSON: ") + simdjson::error_message(error)));
  }
  std::uint64_t format = 0;
  if (root["weir_calibration"].get(format) != simdjson::SUCCESS || format != kFormat) {
    return fail(damaged("no calibration of format " + std::to_string(kFormat)));
  }
  Calibration out;
  std::string at;
  std::uint64_t cores = 0;
  dom::element rates;
  const bool whole = get(root, "at_us", at) && get(root, "cpu", out.of.cpu) &&
                     get(root, "device", out.of.device) && get(root, "uuid", out.of.uuid) &&
                     get(root, "driver", out.of.driver) &&
                     root["cores"].get(cores) == simdjson::SUCCESS &&
                     root["cpu_measured"].get(out.measured.cpu) == simdjson::SUCCESS &&
                     root["device_measured"].get(out.measured.device) == simdjson::SUCCESS &&
                     root["rates"].get(rates) == simdjson::SUCCESS;
  if (!whole) return fail(damaged("a member is missing or has another type"));
  out.of.cores = static_cast<std::uint32_t>(cores);
  out.at_us = std::strtoll(at.c_str(), nullptr, 10);
  std::string bad;
  const auto read = [&](const std::string& name, double& value) {
    double number = 0;
    if (rates[name].get(number) != simdjson::SUCCESS || !(number > 0) || !std::isfinite(number)) {
      if (bad.empty()) bad = name;
      return;
    }
    value = number;
  };
  each_cpu_rate(out.rates, read);
  each_device_rate(out.rates, read);
  if (!bad.empty()) return fail(damaged("rates." + bad + " is no positive number").at(bad));
  return out;
}

Status save_calibration(const std::string& path, const Calibration& calibration) {
  const std::string text = calibration_json(calibration);
  const std::string beside = path + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return errno_status("open", beside, errno);
  const ssize_t written = ::write(fd, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (whole && ::rename(beside.c_str(), path.c_str()) == 0) return Status::ok();
  const Status status = errno_status("write", path, whole ? errno : error);
  ::unlink(beside.c_str());
  return status;
}

LoadedRates load_rates(const std::string& path, const RatesFor& here) {
  LoadedRates out;
  const auto text = read_config_file(path);
  if (!text) {
    out.ignored.push_back(text.error().to_string());
    return out;
  }
  if (!*text) return out;
  const auto read = parse_calibration(**text);
  if (!read) {
    out.ignored.push_back(path + ": " + read.error().message());
    return out;
  }
  const RatesFor& there = read->of;
  out.at_us = read->at_us;
  if (read->measured.cpu && (there.cpu != here.cpu || there.cores != here.cores)) {
    out.ignored.push_back("processors: measured on " + there.cpu + " with " +
                          std::to_string(there.cores) + " cores, this is " + here.cpu + " with " +
                          std::to_string(here.cores));
  } else if (read->measured.cpu) {
    out.measured.cpu = true;
    out.rates = read->rates;
  }
  // The device's rates apart from the processors': either may be of this machine.
  const Rates cpu = out.rates;
  out.rates = Rates();
  const bool same_device =
      there.device == here.device && there.uuid == here.uuid && there.driver == here.driver;
  if (read->measured.device && same_device && !here.device.empty()) {
    out.measured.device = true;
    out.rates = read->rates;
  } else if (read->measured.device) {
    out.ignored.push_back(
        "device: measured on " + there.device + " " + there.uuid + " driver " + there.driver +
        ", this is " +
        (here.device.empty() ? "none" : here.device + " " + here.uuid + " driver " + here.driver));
  }
  out.rates.cpu_bytes_per_s = cpu.cpu_bytes_per_s;
  out.rates.cpu_bytes_per_s_all = cpu.cpu_bytes_per_s_all;
  out.rates.cpu_overhead_s = cpu.cpu_overhead_s;
  out.rates.cpu_ops_per_s = cpu.cpu_ops_per_s;
  return out;
}

}  // namespace weir::device
