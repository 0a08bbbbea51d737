// Texts made from the schema and a configuration: what `weir config` prints, the JSON Schema,
// the example file, the reference page, and the canonical text that goes into the log.
#pragma once

#include <string>

#include "base/config/config.hpp"

namespace weir {

struct ConfigPrintOptions {
  bool sources = true;        // a comment after each value says where it came from
  bool diff_default = false;  // only what differs from the defaults
};

// Returns the effective configuration as TOML that load_config() accepts.
std::string print_config(const Config& config, const ConfigPrintOptions& options);
// Returns the values that verdicts depend on, as TOML without comments: equal text, equal verdicts.
std::string verdict_config_text(const Config& config);
// Returns every value, as TOML without comments, the paths of secret files left out: what the log
// keeps of each version of the configuration. Keys without logged_default appear only if they
// differ from their defaults.
std::string logged_config_text(const Config& config);
// Returns a JSON Schema (2020-12) of the configuration file.
std::string config_json_schema();
// Returns a file with every key, its help and default, all commented out.
std::string config_example();
// Returns docs/operations/configuration.md.
std::string config_reference();

}  // namespace weir
