#include "base/config/config.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace weir {

std::string ConfigSource::to_string() const {
  switch (origin) {
    case ConfigOrigin::kDefault:
      return "default";
    case ConfigOrigin::kFile:
      return name + ":" + std::to_string(line);
    case ConfigOrigin::kEnvironment:
      return "environment " + name;
    case ConfigOrigin::kFlag:
      return "flag";
  }
  return "default";
}

std::string ConfigProblem::to_string() const {
  std::string text = source.to_string();
  if (source.origin == ConfigOrigin::kFile) text += ":" + std::to_string(column);
  text += ": " + (key.empty() ? "" : key + ": ") + message;
  if (!hint.empty()) text += "; " + hint;
  return text;
}

Config::Config() : sources_(config_keys().size()) {
  values_.reserve(config_keys().size());
  for (const ConfigKey& key : config_keys()) values_.push_back(config_default(key));
}

const ConfigValue& Config::at(std::string_view key, ConfigType type) const {
  const auto index = find_config_key(key);
  CHECK(index.has_value());
  CHECK(config_keys()[*index].type == type);
  return values_[*index];
}

bool Config::boolean(std::string_view key) const {
  return std::get<bool>(at(key, ConfigType::kBool));
}

std::int64_t Config::i64(std::string_view key) const {
  return std::get<std::int64_t>(at(key, ConfigType::kInt));
}

std::uint64_t Config::u64(std::string_view key) const {
  const std::int64_t value = i64(key);
  CHECK_GE(value, 0);
  return static_cast<std::uint64_t>(value);
}

double Config::f64(std::string_view key) const {
  return std::get<double>(at(key, ConfigType::kFloat));
}

std::string_view Config::text(std::string_view key) const {
  return std::get<std::string>(at(key, ConfigType::kText));
}

const std::vector<std::string>& Config::list(std::string_view key) const {
  return std::get<std::vector<std::string>>(at(key, ConfigType::kTextList));
}

bool Config::is_default(std::size_t index) const {
  return values_[index] == config_default(config_keys()[index]);
}

void Config::set(std::size_t index, ConfigValue value, ConfigSource source) {
  CHECK_LT(index, values_.size());
  CHECK(config_value_problem(config_keys()[index], value).empty());
  values_[index] = std::move(value);
  sources_[index] = std::move(source);
}

Status config_status(const std::vector<ConfigProblem>& problems) {
  if (problems.empty()) return Status::ok();
  std::string message;
  for (const ConfigProblem& problem : problems) {
    message += (message.empty() ? "" : "\n") + problem.to_string();
  }
  const ConfigProblem& first = problems.front();
  return invalid_argument("config_invalid", std::move(message))
      .at(first.key)
      .at_line(first.source.line, first.column);
}

std::vector<ConfigChange> config_changes(const Config& before, const Config& after) {
  std::vector<ConfigChange> changes;
  const auto keys = config_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (before.value(i) == after.value(i)) continue;
    changes.push_back({i, config_value_toml(before.value(i)), config_value_toml(after.value(i)),
                       keys[i].reloadable});
  }
  return changes;
}

std::shared_ptr<const Config> reload_config(const Config& running, const Config& wanted) {
  auto next = std::make_shared<Config>(running);
  for (const ConfigChange& change : config_changes(running, wanted)) {
    if (change.reloadable) {
      next->set(change.index, wanted.value(change.index), wanted.source(change.index));
    }
  }
  return next;
}

}  // namespace weir
