// Command: one verb of `weir`. A new verb is a file that defines a Command and a line in
// commands.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "main/arguments.hpp"

namespace weir::main {

enum ExitCode : int {
  kExitOk = 0,
  kExitUsage = 1,
  kExitInput = 2,    // input or I/O
  kExitUnsound = 3,  // the log does not verify
  kExitReplayDiffers = 4,
  kExitTargetMissed = 5,
  kExitRefused = 6,
};

struct Command {
  std::string_view name;      // "run", "rules try"
  std::string_view operands;  // "FILE..."
  std::string_view summary;   // one line
  std::span<const Option> options;
  Result<int> (*run)(const Arguments&);  // the exit code; a Status becomes exit 1 or 2
};

// All commands, in the order of the help.
std::span<const Command* const> commands();

// Runs the command that the words name, prints errors to stderr, returns the exit code.
int run_command(std::span<const std::string> words);

}  // namespace weir::main
