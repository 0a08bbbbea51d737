// What `weir run` and `weir import` share: their options, and files played into the log of a data
// directory with everything there is to tell about it.
//
//   constexpr auto kOptions = with_file_options({{"dir", "DIR", "data directory"}});
//   WEIR_TRY(run_files(args.positional(), args, {.dir = dir, .author = "run"}));
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/status.hpp"
#include "main/arguments.hpp"
#include "main/gate_options.hpp"

namespace weir::main {

inline constexpr std::array kFileOptions = {
    Option{"preset", "NAME", "the file's shape: handbook, berka, amlsim, ...; default by header"},
    Option{"map", "FILE", "a mapping of columns to fields (TOML)"},
    Option{"rules", "FILE", "rules, default the ones that ship"},
    Option{"no-rules", "", "no rules at all"},
    Option{"out", "FILE", "write every verdict as CSV"},
    Option{"label-delay", "TIME", "event time until the file's labels are known, default 7d"},
    Option{"batch", "N", "events per block, default gate.batch_events"},
    Option{"max-errors", "N", "refused lines before the run stops, default 100"},
    Option{"step", "TIME", "length of an integer time step, for example 1h"},
    Option{"start", "DATE", "date of time step 0"},
    Option{"tz", "ZONE", "zone of times without one, default UTC"},
    Option{"decimal", "CHAR", "decimal separator: . or comma"},
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kSetOption,
};

// Returns a command's own options with those of files behind them.
template <std::size_t N>
constexpr std::array<Option, N + kFileOptions.size()> with_file_options(const Option (&own)[N]) {
  std::array<Option, N + kFileOptions.size()> all{};
  std::ranges::copy(kFileOptions, std::ranges::copy(own, all.begin()).out);
  return all;
}

struct FilesRun {
  std::string dir;      // of the log
  std::string author;   // of the rules and the configuration it begins with
  bool resume = false;  // go on behind the last committed row of the file
};

// Plays files one after the other, a block for each batch, and prints mapping, report and problems
// of each. Errors: those of the options, of the data directory and of CsvSource; with `resume`
// not_found (no_checkpoint) and failed_precondition (file_changed).
Status run_files(std::span<const std::string> paths, const Arguments& args, const FilesRun& run);

}  // namespace weir::main
