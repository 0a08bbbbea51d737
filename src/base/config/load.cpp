#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>

#include "base/config/config.hpp"
#include "base/toml.hpp"

namespace weir {
namespace {

// Gathers values by precedence, lowest first, and every problem on the way.
class Loader {
 public:
  explicit Loader(const ConfigInputs& inputs) : inputs_(inputs) {}

  ConfigLoad run() {
    if (inputs_.file_text) read_file(inputs_.file_path, *inputs_.file_text, Shape::kAll);
    if (inputs_.device_file_text) {
      read_file(inputs_.device_file_path, *inputs_.device_file_text, Shape::kDevice);
    }
    for (const auto& [name, value] : inputs_.environment) read_variable(name, value);
    for (const std::string& flag : inputs_.flags) read_flag(flag);
    check_combinations();
    ConfigLoad load;
    if (problems_.empty()) load.config = std::make_shared<const Config>(config_);
    load.problems = std::move(problems_);
    return load;
  }

  // Takes what it can of the file alone.
  Result<Config> run_leniently() {
    if (inputs_.file_text) read_file(inputs_.file_path, *inputs_.file_text, Shape::kAll);
    for (const ConfigProblem& problem : problems_) {
      if (problem.key.empty()) return fail(data_loss("config_text", problem.to_string()));
    }
    return std::move(config_);
  }

 private:
  enum class Shape : std::uint8_t { kAll, kDevice };  // what a file may hold

  ConfigSource file_source(const toml::source_region& region) const {
    return {ConfigOrigin::kFile, region.begin.line, path_};
  }

  void problem(std::string key, std::string message, std::string hint, ConfigSource source,
               std::uint32_t column = 0) {
    problems_.push_back(
        {std::move(key), std::move(message), std::move(hint), std::move(source), column});
  }

  void unknown(const std::string& key, ConfigSource source, std::uint32_t column) {
    const std::string_view nearest = nearest_config_key(key);
    problem(key, "unknown key",
            nearest.empty() ? "weir config schema lists them"
                            : "did you mean " + std::string(nearest) + "?",
            std::move(source), column);
  }

  void accept(std::size_t index, ConfigValue value, ConfigSource source, std::uint32_t column) {
    const ConfigKey& key = config_keys()[index];
    std::string wrong = config_value_problem(key, value);
    if (!wrong.empty()) {
      problem(std::string(key.name), std::move(wrong), {}, std::move(source), column);
      return;
    }
    config_.set(index, std::move(value), std::move(source));
  }

  void read_file(const std::string& path, const std::string& text, Shape shape) {
    path_ = path;
    try {
      const toml::table table = toml::parse(text, path);
      if (shape == Shape::kAll) {
        read_table(table, "");
      } else {
        read_device_file(table);
      }
    } catch (const toml::parse_error& error) {
      problem({}, std::string(error.description()), {}, file_source(error.source()),
              error.source().begin.column);
    } catch (const TomlAssertion&) {
      problem({}, "malformed table header or key", "write [table] or key = value",
              {ConfigOrigin::kFile, assertion_line(text), path_}, 1);
    }
  }

  // With the header [device] nothing else may stand beside it; without, the file is the table.
  void read_device_file(const toml::table& table) {
    const toml::node* device = table.get("device");
    if (device == nullptr || !device->is_table()) return read_table(table, "device.");
    for (const auto& [name, node] : table) {
      if (name.str() == "device") {
        read_table(*node.as_table(), "device.");
      } else {
        problem(std::string(name.str()), "does not belong here", "only [device] does",
                file_source(name.source()), name.source().begin.column);
      }
    }
  }

  // Returns the first line with which the parser's assertion fails, by bisection over the
  // file's beginnings.
  static std::uint32_t assertion_line(std::string_view text) {
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') ends.push_back(i + 1);
    }
    const auto fails = [&](std::size_t end) {
      try {
        static_cast<void>(toml::parse(text.substr(0, end)));
      } catch (const TomlAssertion&) {
        return true;
      } catch (const toml::parse_error&) {
        return false;
      }
      return false;
    };
    std::size_t low = 0;
    std::size_t high = ends.size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (fails(ends[middle])) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return static_cast<std::uint32_t>(low + 1);
  }

  void read_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, node] : table) {
      const std::string path = prefix + std::string(name.str());
      const auto index = find_config_key(path);
      const ConfigSource source = file_source(name.source());
      const std::uint32_t column = name.source().begin.column;
      if (index) {
        read_node(*index, node, source, column);
      } else if (node.is_table() && is_table_name(path)) {
        read_table(*node.as_table(), path + ".");
      } else if (node.is_table() && prefix.empty()) {
        unknown_table(path, *node.as_table(), source, column);
      } else {
        unknown(path, source, column);
      }
    }
  }

  static bool is_table_name(std::string_view path) {
    for (const ConfigKey& key : config_keys()) {
      if (key.name.starts_with(path) && key.name[path.size()] == '.') return true;
    }
    return false;
  }

  void unknown_table(const std::string& path, const toml::table& table, const ConfigSource& source,
                     std::uint32_t column) {
    constexpr std::size_t kNear = 3;
    std::string_view nearest;
    std::size_t least = kNear;
    for (const ConfigKey& key : config_keys()) {
      const std::string_view name = key.name.substr(0, key.name.find('.'));
      const std::size_t distance = path.size() > 64 ? kNear : edit_distance(path, name);
      if (distance < least) {
        least = distance;
        nearest = name;
      }
    }
    problem(path, "unknown table with " + std::to_string(table.size()) + " keys",
            nearest.empty() ? "weir config schema lists them"
                            : "did you mean [" + std::string(nearest) + "]?",
            source, column);
  }

  void read_node(std::size_t index, const toml::node& node, const ConfigSource& source,
                 std::uint32_t column) {
    const ConfigKey& key = config_keys()[index];
    std::optional<ConfigValue> value;
    switch (key.type) {
      case ConfigType::kBool:
        if (const auto* flag = node.as_boolean()) value = flag->get();
        break;
      case ConfigType::kInt:
        if (const auto* number = node.as_integer()) value = number->get();
        break;
      case ConfigType::kFloat:
        if (const auto* number = node.as_floating_point()) value = number->get();
        if (const auto* number = node.as_integer()) value = static_cast<double>(number->get());
        break;
      case ConfigType::kText:
        if (const auto* text = node.as_string()) value = text->get();
        break;
      case ConfigType::kTextList:
        value = text_list(node);
        break;
    }
    if (!value) {
      problem(std::string(key.name), "expected " + std::string(config_type_name(key.type)), {},
              source, column);
      return;
    }
    accept(index, std::move(*value), source, column);
  }

  static std::optional<ConfigValue> text_list(const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr) return std::nullopt;
    std::vector<std::string> items;
    for (const toml::node& item : *array) {
      const auto* text = item.as_string();
      if (text == nullptr) return std::nullopt;
      items.push_back(text->get());
    }
    return items;
  }

  void read_text(const std::string& name, std::string_view text, const ConfigSource& source) {
    const auto index = find_config_key(name);
    if (!index) return unknown(name, source, 0);
    const ConfigKey& key = config_keys()[*index];
    auto value = parse_config_text(key, text);
    if (!value) {
      problem(name,
              "expected " + std::string(config_type_name(key.type)) + ", found \"" +
                  std::string(text) + "\"",
              {}, source);
      return;
    }
    accept(*index, std::move(*value), source, 0);
  }

  // WEIR_SERVER__BODY_BYTES_MAX is server.body_bytes_max; names without two underscores are
  // not ours.
  void read_variable(const std::string& name, const std::string& value) {
    constexpr std::string_view kPrefix = "WEIR_";
    if (!name.starts_with(kPrefix)) return;
    const std::size_t split = name.find("__", kPrefix.size());
    if (split == std::string::npos) return;
    std::string key =
        name.substr(kPrefix.size(), split - kPrefix.size()) + "." + name.substr(split + 2);
    for (char& c : key) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    read_text(key, value, {ConfigOrigin::kEnvironment, 0, name});
  }

  void read_flag(const std::string& flag) {
    const std::size_t equals = flag.find('=');
    const ConfigSource source{ConfigOrigin::kFlag, 0, flag};
    if (equals == std::string::npos) {
      problem(flag, "expected table.key=value", {}, source);
      return;
    }
    read_text(flag.substr(0, equals), std::string_view(flag).substr(equals + 1), source);
  }

  void combination(std::string_view key, std::string message, std::string hint) {
    const auto index = find_config_key(key);
    problem(std::string(key), std::move(message), std::move(hint), config_.source(*index));
  }

  static bool is_loopback(std::string_view listen) {
    std::string host(listen.substr(0, listen.rfind(':')));
    if (host == "localhost" || host == "[::1]") return true;
    in_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
  }

  void check_combinations() {
    if (!config_.boolean("server.insecure") && !is_loopback(config_.text("server.listen"))) {
      combination("server.listen",
                  "\"" + std::string(config_.text("server.listen")) +
                      "\" is reachable from other machines, without TLS",
                  "put a proxy that ends TLS in front and set server.insecure = true");
    }
    if (config_.i64("storage.segment_bytes") % 4096 != 0) {
      combination("storage.segment_bytes", "is not a multiple of 4096", {});
    }
    const double hold = config_.f64("decide.hold_tail");
    const double block = config_.f64("decide.block_tail");
    if (hold != 0 && block != 0 && block < hold) {
      combination("decide.block_tail", "is below decide.hold_tail",
                  "a block is the stronger outcome");
    }
    if (config_.i64("detect.psi") > config_.i64("detect.fit_events")) {
      combination("detect.psi", "is more than detect.fit_events",
                  "a tree samples from those events");
    }
    if (!config_.list("wire.mask").empty() && config_.text("wire.mask_key_file").empty()) {
      combination("wire.mask", "needs a key", "set wire.mask_key_file");
    }
    check_device();
    if (inputs_.check_secret_files) check_secret_files();
  }

  void check_device() {
    constexpr std::int64_t kHostBytesMin = std::int64_t{64} << 20;
    const std::int64_t host = config_.i64("device.host_memory_bytes_max");
    if (host != 0 && host < kHostBytesMin) {
      combination("device.host_memory_bytes_max",
                  std::to_string(host) + " is neither 0 nor at least 67108864", {});
    }
    const std::int64_t quarter = config_.i64("device.memory_bytes_max") / 4;
    for (const std::string_view key :
         {"device.scratch_bytes", "device.staging_bytes", "device.chunk_bytes"}) {
      const bool chosen = config_.source(*find_config_key(key)).origin != ConfigOrigin::kDefault;
      if (!chosen || config_.i64(key) <= quarter) continue;  // a default gives way
      combination(key,
                  std::to_string(config_.i64(key)) + " is more than " + std::to_string(quarter) +
                      ", a quarter of device.memory_bytes_max",
                  {});
    }
    if (config_.i64("device.warn_celsius") >= config_.i64("device.critical_celsius")) {
      combination("device.warn_celsius",
                  std::to_string(config_.i64("device.warn_celsius")) +
                      " is not below device.critical_celsius, " +
                      std::to_string(config_.i64("device.critical_celsius")),
                  {});
    }
    if (config_.text("device.backend") == "sim") return;
    for (const std::string_view key :
         {"device.sim_seed", "device.sim_oom_rate", "device.sim_lose_at_op"}) {
      if (config_.is_default(*find_config_key(key))) continue;
      combination(key, "belongs to the simulator alone", "set device.backend = \"sim\"");
    }
  }

  void check_secret_files() {
    const auto keys = config_keys();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!keys[i].secret_file) continue;
      const std::string path = std::get<std::string>(config_.value(i));
      struct stat info {};
      if (path.empty() || ::stat(path.c_str(), &info) != 0) continue;  // who opens it will say so
      if ((info.st_mode & S_IROTH) != 0) {
        combination(keys[i].name, "\"" + path + "\" is readable by everybody",
                    "chmod 640 \"" + path + "\"");
      }
    }
  }

  const ConfigInputs& inputs_;
  std::string path_ = {};  // of the file being read
  Config config_;
  std::vector<ConfigProblem> problems_;
};

}  // namespace

ConfigLoad load_config(const ConfigInputs& inputs) {
  return Loader(inputs).run();
}

Result<Config> read_logged_config(std::string_view text) {
  const ConfigInputs inputs{.file_path = "logged configuration", .file_text = std::string(text)};
  return Loader(inputs).run_leniently();
}

Result<std::optional<std::string>> read_config_file(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    if (errno == ENOENT) return std::optional<std::string>();
    return fail(errno_status("open", path, errno));
  }
  std::string text;
  char buffer[16384];
  std::size_t n = 0;
  while ((n = std::fread(buffer, 1, sizeof buffer, file)) > 0) text.append(buffer, n);
  const bool failed = std::ferror(file) != 0;
  const int error = errno;
  std::fclose(file);
  if (failed) return fail(errno_status("read", path, error));
  return std::optional<std::string>(std::move(text));
}

std::vector<std::pair<std::string, std::string>> config_environment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry = *at;
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with("WEIR_") || equals == std::string_view::npos) continue;
    variables.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return variables;
}

}  // namespace weir
