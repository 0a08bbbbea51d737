#include "main/verbs.hpp"

namespace weir::main {

std::span<const Command* const> commands() {
  static constexpr const Command* kCommands[] = {
      &kDemoCommand,
      &kRunCommand,
      &kImportCommand,
      &kServeCommand,
      &kVerifyCommand,
      &kAuditVerifyCommand,
      &kReplayCommand,
      &kRulesCheckCommand,
      &kRulesTryCommand,
      &kSimulateCommand,
      &kNumericFeaturesCommand,
      &kNumericTrainCommand,
      &kNumericPredictCommand,
      &kNumericAblationCommand,
      &kBenchGateCommand,
      &kBenchForestCommand,
      &kBenchHandbookCommand,
      &kBenchHttpCommand,
      &kBenchOpsCommand,
      &kBenchNumericCommand,
      &kConfigCheckCommand,
      &kConfigPrintCommand,
      &kConfigSchemaCommand,
      &kConfigInitCommand,
      &kOpListCommand,
      &kOpDescribeCommand,
      &kOpRunCommand,
      &kDeviceCommand,
      &kDeviceCalibrateCommand,
      &kDeviceSelftestCommand,
      &kVersionCommand,
  };
  return kCommands;
}

}  // namespace weir::main
