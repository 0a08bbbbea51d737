// The verbs of `weir`, each defined in the file of its name; commands.cpp lists them for the help.
#pragma once

#include "main/command.hpp"

namespace weir::main {

extern const Command kAuditVerifyCommand;
extern const Command kBenchForestCommand;
extern const Command kBenchGateCommand;
extern const Command kBenchHandbookCommand;
extern const Command kBenchHttpCommand;
extern const Command kBenchNumericCommand;
extern const Command kBenchOpsCommand;
extern const Command kConfigCheckCommand;
extern const Command kConfigInitCommand;
extern const Command kConfigPrintCommand;
extern const Command kConfigSchemaCommand;
extern const Command kDemoCommand;
extern const Command kDeviceCalibrateCommand;
extern const Command kDeviceCommand;
extern const Command kDeviceSelftestCommand;
extern const Command kImportCommand;
extern const Command kNumericAblationCommand;
extern const Command kNumericFeaturesCommand;
extern const Command kNumericPredictCommand;
extern const Command kNumericTrainCommand;
extern const Command kOpDescribeCommand;
extern const Command kOpListCommand;
extern const Command kOpRunCommand;
extern const Command kReplayCommand;
extern const Command kRulesCheckCommand;
extern const Command kRulesTryCommand;
extern const Command kRunCommand;
extern const Command kServeCommand;
extern const Command kSimulateCommand;
extern const Command kVerifyCommand;
extern const Command kVersionCommand;

}  // namespace weir::main
