// The configuration's schema: one table that the parser, `weir config print`, the JSON Schema,
// the example file and the reference page are all made from. A key that is not here does not exist.
//
//   const ConfigKey* key = find_config_key("server.listen");   // null if there is none
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir {

enum class ConfigType : std::uint8_t { kBool, kInt, kFloat, kText, kTextList };

struct ConfigKey {
  std::string_view name;  // "table.key", the unit last: drain_s, body_bytes_max
  ConfigType type;
  std::string_view default_text;  // as in TOML, without quotes for texts, comma-separated for lists
  double min = 0;                 // numbers: inclusive range
  double max = 0;
  std::string_view
      choices;  // texts, list items and integers: the only ones allowed, "a|b|c"; or empty
  bool reloadable = false;   // takes effect without a restart
  bool secret_file = false;  // names a file that holds a secret: must not be readable by everybody
  bool verdict = false;      // verdicts depend on it, so its value is kept in the log
  std::string_view help;
  // False for keys that came after the first logs and that no verdict depends on: their defaults
  // stay out of the log's text, so that a newer Weir makes no new configuration of an unchanged
  // one.
  bool logged_default = true;
};

using ConfigValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

// Returns all keys, tables together, in the order they are printed.
std::span<const ConfigKey> config_keys();
// Returns the key's index in config_keys(), or nothing.
std::optional<std::size_t> find_config_key(std::string_view name);
// Returns the key whose name is most like `name`, or empty if none is near. For messages.
std::string_view nearest_config_key(std::string_view name);
// Returns the number of single-character edits (insert, delete, replace, swap of neighbours)
// between texts.
std::size_t edit_distance(std::string_view a, std::string_view b);

// Splits "a|b|c".
std::vector<std::string_view> config_choices(const ConfigKey& key);
ConfigValue config_default(const ConfigKey& key);
std::string_view config_type_name(ConfigType type);

// Checks type, range and choices. Returns what is wrong, or empty.
std::string config_value_problem(const ConfigKey& key, const ConfigValue& value);
// Reads a value from an environment variable or flag: lists are comma-separated. Nothing if it
// has not the type.
std::optional<ConfigValue> parse_config_text(const ConfigKey& key, std::string_view text);
// Writes a value as TOML.
std::string config_value_toml(const ConfigValue& value);

}  // namespace weir
