// The verbs of `weir`, each defined in the file of its name; commands.cpp lists them for the help.
#pragma once

#include "main/command.hpp"

namespace weir::main {

extern const Command kBenchGateCommand;
extern const Command kDemoCommand;
extern const Command kReplayCommand;
extern const Command kRunCommand;
extern const Command kServeCommand;
extern const Command kVerifyCommand;
extern const Command kVersionCommand;

}  // namespace weir::main
