// FileRun: one CSV file through a gate with everything `weir run` and `weir import` tell about it.
//
//   WEIR_TRY(run_file(gate, "tx.csv", args, {.out = file, .batch_events = 8192}));
#pragma once

#include <cstdint>
#include <string>

#include "gate/gate.hpp"
#include "main/arguments.hpp"
#include "main/verdict_file.hpp"

namespace weir::main {

// Options of every command that reads files of transactions.
inline constexpr Option kPresetOption = {
    "preset", "NAME", "the file's shape: handbook, berka, amlsim, ...; default by header"};
inline constexpr Option kMapOption = {"map", "FILE", "a mapping of columns to fields (TOML)"};
inline constexpr Option kRulesOption = {"rules", "FILE", "rules, default the ones that ship"};
inline constexpr Option kNoRulesOption = {"no-rules", "", "no rules at all"};
inline constexpr Option kOutOption = {"out", "FILE", "write every verdict as CSV"};
inline constexpr Option kLabelDelayOption = {
    "label-delay", "TIME", "event time until the file's labels are known, default 7d"};
inline constexpr Option kBatchOption = {"batch", "N",
                                        "events per block, default gate.batch_events"};
inline constexpr Option kMaxErrorsOption = {"max-errors", "N",
                                            "refused lines before the run stops, default 100"};
inline constexpr Option kStepOption = {"step", "TIME",
                                       "length of an integer time step, for example 1h"};
inline constexpr Option kStartOption = {"start", "DATE", "date of time step 0"};
inline constexpr Option kZoneOption = {"tz", "ZONE", "zone of times without one, default UTC"};
inline constexpr Option kDecimalOption = {"decimal", "CHAR", "decimal separator: . or comma"};

struct FileRunOptions {
  VerdictFile* out = nullptr;  // may be null
  std::uint32_t batch_events = 8192;
  bool resume = false;  // go on behind the last committed row of this file
};

// Plays a file and prints mapping, report and problems. Errors: those of CsvSource; with `resume`
// not_found (no_checkpoint) and failed_precondition (file_changed).
Status run_file(gate::Gate& gate, const std::string& path, const Arguments& args,
                const FileRunOptions& options);

// Returns --batch within its limits.
Result<std::uint32_t> batch_option(const Arguments& args, std::uint32_t fallback);
// Returns the text of --rules, of the shipped rules, or nothing for --no-rules.
Result<std::string> rules_option(const Arguments& args);

}  // namespace weir::main
