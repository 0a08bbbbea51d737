// BenchReport: what a bench measured, as flat JSON keys beside the machine, commit and date.
//
//   BenchReport report("gate");
//   report.set("committed_per_s", 1'204'331.0);
//   WEIR_TRY(report.write(args.text("json")));    // nothing if the path is empty
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace weir::main {

class BenchReport {
 public:
  explicit BenchReport(std::string_view bench);
  void set(std::string_view key, double value);
  void set(std::string_view key, std::uint64_t value);
  void set(std::string_view key, std::string_view value);
  // Sets a member that is JSON already.
  void set_json(std::string_view key, std::string json);
  // States that a figure was not measured, and why.
  void not_measured(std::string_view key, std::string_view why);
  // Writes the report as one JSON object; an empty path writes nothing.
  Status write(const std::string& path) const;

 private:
  std::vector<std::pair<std::string, std::string>> members_;  // key, JSON value
};

// Returns "AMD EPYC, 2 cores" or what /proc/cpuinfo says.
std::string machine_description();

// Returns the resident set of this process in bytes, now and at its peak.
std::uint64_t resident_bytes();
std::uint64_t resident_bytes_peak();

}  // namespace weir::main
