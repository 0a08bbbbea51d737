// Config: the configuration in force, immutable, with the source of each value, and
// how it is loaded.
//
//   ConfigInputs inputs{.file_path = "weir.toml", .file_text = text};
//   inputs.environment = config_environment();
//   inputs.flags = {"server.listen=127.0.0.1:9000"};
//   ConfigLoad load = load_config(inputs);
//   if (!load.problems.empty()) { for (auto& p : load.problems) print(p.to_string()); return 2; }
//   std::string listen{load.config->text("server.listen")};
//
// Precedence: flag, environment (WEIR_SERVER__LISTEN), the device's file, file, default. All
// problems are found in one run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/schema.hpp"
#include "base/result.hpp"

namespace weir {

enum class ConfigOrigin : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };

struct ConfigSource {
  ConfigOrigin origin = ConfigOrigin::kDefault;
  std::uint32_t line = 0;  // in the file
  std::string name = {};   // the file's path or the variable's name
  // Formats "default", "weir.toml:12", "environment WEIR_SERVER__LISTEN" or "flag".
  std::string to_string() const;
};

// Immutable once built; share it by shared_ptr.
// Getters CHECK that the key exists and has the type: a misspelt key in the program is
// a bug.
class Config {
 public:
  // All defaults.
  Config();

  bool boolean(std::string_view key) const;
  std::int64_t i64(std::string_view key) const;
  // Returns an integer whose range starts at 0 or more.
  std::uint64_t u64(std::string_view key) const;
  double f64(std::string_view key) const;
  std::string_view text(std::string_view key) const;
  const std::vector<std::string>& list(std::string_view key) const;

  // By index in config_keys().
  const ConfigValue& value(std::size_t index) const { return values_[index]; }
  const ConfigSource& source(std::size_t index) const { return sources_[index]; }
  bool is_default(std::size_t index) const;
  // Sets a value that the schema accepts (CHECKed); for building one.
  void set(std::size_t index, ConfigValue value, ConfigSource source);

 private:
  const ConfigValue& at(std::string_view key, ConfigType type) const;
  std::vector<ConfigValue> values_;
  std::vector<ConfigSource> sources_;
};

struct ConfigProblem {
  std::string key;      // as written
  std::string message;  // names the value
  std::string hint;
  ConfigSource source;
  std::uint32_t column = 0;
  // Formats "weir.toml:3:1: unknown key server.lissten; did you mean server.listen?".
  std::string to_string() const;
};

struct ConfigInputs {
  using Variables = std::vector<std::pair<std::string, std::string>>;
  std::string file_path = {};                 // for messages
  std::optional<std::string> file_text = {};  // TOML; nothing: no file
  // The table [device] in a file of its own, with or without its header; nothing: no such file.
  std::string device_file_path = {};
  std::optional<std::string> device_file_text = {};
  Variables environment = {};           // only WEIR_TABLE__KEY is read
  std::vector<std::string> flags = {};  // "table.key=value"
  bool check_secret_files = true;       // refuse secret files that everybody may read
};

struct ConfigLoad {
  std::shared_ptr<const Config> config;  // null if there are problems
  std::vector<ConfigProblem> problems;
};

ConfigLoad load_config(const ConfigInputs& inputs);
// Reads a text of logged_config_text(), perhaps of another version of Weir: keys unknown here and
// values no longer allowed are passed over. data_loss (config_text) if it is no TOML.
Result<Config> read_logged_config(std::string_view text);

// Reads the file of `path`; nothing if it does not exist. Other failures are errors.
Result<std::optional<std::string>> read_config_file(const std::string& path);
// Returns the process's environment variables that begin with WEIR_.
std::vector<std::pair<std::string, std::string>> config_environment();
// Returns all problems as one Status, the first one's position on it.
Status config_status(const std::vector<ConfigProblem>& problems);

struct ConfigChange {
  std::size_t index = 0;
  std::string before;  // as TOML
  std::string after;
  bool reloadable = false;
};
// Returns the keys whose values differ, in the schema's order.
std::vector<ConfigChange> config_changes(const Config& before, const Config& after);
// Returns `running` with the reloadable changes of `wanted` applied. What is not reloadable stays
// as it was.
std::shared_ptr<const Config> reload_config(const Config& running, const Config& wanted);

}  // namespace weir
