// From the configuration to the options of a gate.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "gate/gate.hpp"
#include "main/arguments.hpp"

namespace weir::main {

// Options every command that drives a pass understands.
inline constexpr Option kConfigOption = {"config", "FILE", "configuration, default ./weir.toml"};
inline constexpr Option kDeviceConfigOption = {"device-config", "FILE",
                                               "the table [device] in a file of its own"};
inline constexpr Option kSetOption = {"set", "KEY=VALUE", "override a configuration key; repeats"};
inline constexpr Option kIsaOption = {"isa", "NAME",
                                      "limit dispatch to scalar, sse4, avx2, avx512"};
inline constexpr Option kThreadsOption = {"threads", "N", "threads of the pass, default all cores"};

// Reads the configuration again from --config, --device-config, the environment and --set;
// `file_text` goes in the file's place. Problems with values are in the answer; not_found
// (config_missing).
Result<ConfigLoad> read_configuration(const Arguments& args,
                                      const std::optional<std::string>& file_text);
// Applies log.* to the process's log.
Status use_log_settings(const Config& config);

// Loads the configuration from --config, the environment and --set; applies --isa and the log
// settings.
Result<std::shared_ptr<const Config>> load_configuration(const Arguments& args);

// Returns the gate's options; `dir` is its data directory, empty for none.
Result<gate::GateOptions> gate_options(const Config& config, const Arguments& args,
                                       const std::string& dir);

}  // namespace weir::main
