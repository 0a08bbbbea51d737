#include "main/bench/report.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/time_text.hpp"
#include "main/version.hpp"

namespace weir::main {
namespace {

// Returns the value of "name: value" in a /proc file, without leading blanks.
std::string proc_value(const char* path, std::string_view name) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.compare(0, name.size(), name) != 0) continue;
    const std::size_t at = line.find_first_not_of(" \t:", name.size());
    return at == std::string::npos ? "" : line.substr(at);
  }
  return "";
}

std::uint64_t kib(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 10) * 1024;
}

}  // namespace

std::string machine_description() {
  return proc_value("/proc/cpuinfo", "model name") + ", " +
         std::to_string(std::thread::hardware_concurrency()) + " cores";
}

std::uint64_t resident_bytes() {
  return kib(proc_value("/proc/self/status", "VmRSS"));
}
std::uint64_t resident_bytes_peak() {
  return kib(proc_value("/proc/self/status", "VmHWM"));
}

BenchReport::BenchReport(std::string_view bench) {
  set("bench", bench);
  set("machine", machine_description());
  set("commit", program_commit());
  set("date", format_time(system_clock().wall_us()));
}

void BenchReport::set(std::string_view key, double value) {
  std::string text;
  append_json_f64(text, value);
  members_.emplace_back(key, std::move(text));
}

void BenchReport::set(std::string_view key, std::uint64_t value) {
  members_.emplace_back(key, std::to_string(value));
}

void BenchReport::set(std::string_view key, std::string_view value) {
  std::string text;
  append_json_string(text, value);
  members_.emplace_back(key, std::move(text));
}

void BenchReport::set_json(std::string_view key, std::string json) {
  members_.emplace_back(key, std::move(json));
}

void BenchReport::not_measured(std::string_view key, std::string_view why) {
  set(key, "not measured: " + std::string(why));
}

Status BenchReport::write(const std::string& path) const {
  if (path.empty()) return Status::ok();
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  for (const auto& [key, value] : members_) json.key(key).raw(value);
  json.end_object();
  text += "\n";
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) return errno_status("write", path, errno);
  return Status::ok();
}

}  // namespace weir::main
