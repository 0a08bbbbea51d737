#include "main/verbs.hpp"

namespace weir::main {

std::span<const Command* const> commands() {
  static constexpr const Command* kCommands[] = {
      &kRunCommand,
      &kVerifyCommand,
      &kReplayCommand,
      &kVersionCommand,
  };
  return kCommands;
}

}  // namespace weir::main
