#include "main/verbs.hpp"

namespace weir::main {

std::span<const Command* const> commands() {
  static constexpr const Command* kCommands[] = {
      &kRunCommand, &kVerifyCommand, &kReplayCommand, &kBenchGateCommand, &kVersionCommand,
  };
  return kCommands;
}

}  // namespace weir::main
