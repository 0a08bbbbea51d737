#include "main/verbs.hpp"

namespace weir::main {

std::span<const Command* const> commands() {
  static constexpr const Command* kCommands[] = {
      &kDemoCommand,   &kRunCommand,       &kServeCommand,   &kVerifyCommand,
      &kReplayCommand, &kBenchGateCommand, &kVersionCommand,
  };
  return kCommands;
}

}  // namespace weir::main
