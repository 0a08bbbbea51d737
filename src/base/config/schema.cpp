#include "base/config/schema.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/check.hpp"
#include "base/json.hpp"

namespace weir {
namespace {

constexpr double kKiB = 1024;
constexpr double kMiB = 1024 * kKiB;
constexpr double kGiB = 1024 * kMiB;
constexpr double kTiB = 1024 * kGiB;
constexpr double kIntMax = 9007199254740992.0;  // 2^53: every JSON reader keeps it
constexpr bool kReload = true;
constexpr bool kRestart = false;
constexpr bool kSecretFile = true;
constexpr bool kPlain = false;
constexpr bool kVerdict = true;
constexpr bool kQuiet = false;  // logged_default

constexpr auto kBool = ConfigType::kBool;
constexpr auto kInt = ConfigType::kInt;
constexpr auto kFloat = ConfigType::kFloat;
constexpr auto kText = ConfigType::kText;
constexpr auto kTextList = ConfigType::kTextList;

// clang-format off
constexpr std::array kKeys = {
    ConfigKey{"server.listen", kText, "127.0.0.1:8740", 0, 0, "", kRestart, kPlain, false,
              "Address and port of HTTP. Beyond loopback it needs server.insecure."},
    ConfigKey{"server.body_bytes_max", kInt, "8388608", kKiB, kGiB, "", kReload, kPlain, false,
              "Largest request body, in bytes; streams are not limited."},
    ConfigKey{"server.requests_in_flight_max", kInt, "512", 1, 65536, "", kReload, kPlain, false,
              "Requests answered at a time; further ones get 429."},
    ConfigKey{"server.connections_max", kInt, "4096", 1, 1e6, "", kReload, kPlain, false,
              "Open connections; further ones are closed."},
    ConfigKey{"server.drain_s", kInt, "20", 0, 3600, "", kReload, kPlain, false,
              "Seconds that a stop waits for requests to finish."},
    ConfigKey{"server.insecure", kBool, "false", 0, 0, "", kRestart, kPlain, false,
              "Allow listening beyond loopback: a proxy in front of Weir ends TLS."},
    ConfigKey{"server.native_key_file", kText, "", 0, 0, "", kRestart, kSecretFile, false,
              "File with the key that signs frames, 32 bytes or more; empty: frames are unsigned."},
    ConfigKey{"auth.session_h", kInt, "12", 1, 720, "", kReload, kPlain, false,
              "Hours after which a session has to sign in again."},
    ConfigKey{"auth.first_run_minutes", kInt, "60", 1, 1440, "", kRestart, kPlain, false,
              "Minutes for which a link to the page is good."},
    ConfigKey{"auth.login_per_minute", kInt, "5", 1, 1000, "", kRestart, kPlain, false,
              "Sign-in attempts a minute from one address."},
    ConfigKey{"auth.metrics_public", kBool, "false", 0, 0, "", kReload, kPlain, false,
              "Serve /metrics without a key."},
    ConfigKey{"storage.data_dir", kText, "/var/lib/weir", 0, 0, "", kRestart, kPlain, false,
              "Directory of the log, snapshots and database; one process holds it."},
    ConfigKey{"storage.durability", kText, "power", 0, 0, "power|process", kRestart, kPlain, false,
              "What a committed reply survives: a power cut, or only a crash of the process."},
    ConfigKey{"storage.free_bytes_min", kInt, "1073741824", 0, 1024 * kTiB, "",
              kReload, kPlain, false,
              "Below this much free disk new events are refused."},
    ConfigKey{"storage.segment_bytes", kInt, "1073741824", 128 * kMiB, 64 * kGiB, "",
              kRestart, kPlain, false,
              "Size of a log segment; a multiple of 4,096."},
    ConfigKey{"recovery.trust", kText, "verify", 0, 0, "verify|apply", kRestart, kPlain, false,
              "Recompute and compare verdicts at a start, or take them from the log (faster)."},
    ConfigKey{"recovery.snapshot_events", kInt, "134217728", 0, 1'000'000'000'000, "",
              kRestart, kPlain, false,
              "Events between two snapshots; 0: only one at the end."},
    ConfigKey{"recovery.snapshot_s", kInt, "600", 1, 86'400, "", kRestart, kPlain, false,
              "Seconds between two snapshots at most, if there were events."},
    ConfigKey{"log.level", kText, "info", 0, 0, "debug|info|warning|error", kReload, kPlain, false,
              "Least severe level that is logged."},
    ConfigKey{"log.format", kText, "json", 0, 0, "json|text", kReload, kPlain, false,
              "One JSON object a line, or text for people."},
    ConfigKey{"log.redact", kTextList, "", 0, 0, "", kReload, kPlain, false,
              "Names of fields whose values are not logged."},
    ConfigKey{"log.retain_bytes", kInt, "0", 0, 1024 * kTiB, "", kReload, kPlain, false,
              "Bytes that the block log may take on disk before old bodies go; 0: all is kept."},
    ConfigKey{"wire.mask", kTextList, "", 0, 0,
              "account|customer|merchant|terminal|card|device|ip|bank",
              kRestart, kPlain, kVerdict,
              "Kinds of entity whose text is replaced by a keyed hash on arrival."},
    ConfigKey{"wire.mask_key_file", kText, "", 0, 0, "", kRestart, kSecretFile, kVerdict,
              "File with the key of that hash, 32 bytes or more."},
    ConfigKey{"wire.dictionary_max", kInt, "50000000", 1, 1e9, "", kRestart, kPlain, kVerdict,
              "Texts that may be interned; further events that bring new ones are refused."},
    ConfigKey{"dedup.events", kInt, "4194304", 1024, 1e9, "", kRestart, kPlain, kVerdict,
              "Latest events among which a repeated id is recognised."},
    ConfigKey{"profile.bytes_max", kInt, "4294967296", kMiB, 64 * kTiB, "",
              kRestart, kPlain, kVerdict,
              "Memory for profiles; beyond it new entities share one."},
    ConfigKey{"profile.accounts", kInt, "262144", 1024, 1e9, "", kRestart, kPlain, false,
              "Profiles to make room for at start."},
    ConfigKey{"profile.tz", kText, "UTC", 0, 0, "", kRestart, kPlain, kVerdict,
              "Time zone of the hour and weekday features and rules, as in Europe/Zurich."},
    ConfigKey{"profile.edges", kInt, "4194304", 1024, 1073741824, "", kRestart, kPlain, kVerdict,
              "Entries of the table of who paid whom, 16 bytes each; rounded up to 2^n."},
    ConfigKey{"profile.lateness_max_s", kInt, "60", 0, 31536000, "", kRestart, kPlain, kVerdict,
              "Events later than this train neither amounts nor hours."},
    ConfigKey{"windows.keys_max", kInt, "1048576", 1024, 1e9, "", kRestart, kPlain, kVerdict,
              "Live keys of one rule window."},
    ConfigKey{"gate.queue_bytes", kInt, "67108864", kMiB, kTiB, "", kReload, kPlain, false,
              "Bytes that may wait for the pass; beyond, requests get 429."},
    ConfigKey{"gate.batch_events", kInt, "8192", 1, 65536, "", kRestart, kPlain, false,
              "Most events in a batch, and so in a block."},
    ConfigKey{"ledger.mode", kText, "record", 0, 0, "record|execute|off",
              kRestart, kPlain, kVerdict,
              "Commit verdicts; keep balances too; or score only and log nothing."},
    ConfigKey{"ledger.leaf_events", kInt, "32", 1, 32, "32|1", kRestart, kPlain, kVerdict,
              "Events in a leaf of the Merkle tree."},
    ConfigKey{"ledger.feature_rows", kText, "all", 0, 0, "all|sampled", kRestart, kPlain, kVerdict,
              "Feature rows kept in blocks: all, or of alerts and one event in 64."},
    ConfigKey{"ordering.window", kInt, "1024", 1, 65536, "", kRestart, kPlain, kVerdict,
              "Places by which ordering may move an event."},
    ConfigKey{"ordering.policy", kText, "fair", 0, 0, "fair|fee", kRestart, kPlain, kVerdict,
              "Arrival order inside a conflict, or fee first."},
    ConfigKey{"decide.fusion", kText, "max", 0, 0, "max|sum", kReload, kPlain, kVerdict,
              "How rule points and the detectors' tail make one score."},
    ConfigKey{"decide.alert_tail", kFloat, "4.0", 0, 9, "", kReload, kPlain, kVerdict,
              "Tail (-log10 p) from which an event raises an alert."},
    ConfigKey{"decide.hold_tail", kFloat, "5.0", 0, 9, "", kReload, kPlain, kVerdict,
              "Tail from which an event is held; 0: never."},
    ConfigKey{"decide.block_tail", kFloat, "0.0", 0, 9, "", kReload, kPlain, kVerdict,
              "Tail from which an event is blocked; 0: never by score alone."},
    ConfigKey{"decide.on_failure", kText, "pass", 0, 0, "pass|hold", kReload, kPlain, kVerdict,
              "What becomes of events that no detector could score."},
    ConfigKey{"detect.fit_events", kInt, "16384", 256, 1e8, "", kRestart, kPlain, kVerdict,
              "Events to see before the detectors are fitted the first time."},
    ConfigKey{"detect.trees", kInt, "100", 1, 1000, "", kRestart, kPlain, kVerdict,
              "Trees of the isolation forest."},
    ConfigKey{"detect.psi", kInt, "256", 2, 65536, "", kRestart, kPlain, kVerdict,
              "Rows sampled for each tree."},
    ConfigKey{"detect.seed", kInt, "1", 0, kIntMax, "", kRestart, kPlain, kVerdict,
              "Seed of every random choice in fitting."},
    ConfigKey{"device.backend", kText, "auto", 0, 0, "auto|cpu|sim|cuda",
              kRestart, kPlain, false,
              "What computes: a GPU if there is one, the CPU, the simulator, or a GPU or nothing.",
              kQuiet},
    ConfigKey{"device.ordinal", kInt, "0", 0, 1023, "", kRestart, kPlain, false,
              "Number of the GPU.", kQuiet},
    ConfigKey{"device.uuid", kText, "", 0, 0, "", kRestart, kPlain, false,
              "UUID of the GPU, GPU-...; it goes before device.ordinal.", kQuiet},
    ConfigKey{"device.memory_bytes_max", kInt, "536870912", 64 * kMiB, kTiB, "",
              kRestart, kPlain, false,
              "Device memory that may be reserved, in bytes.", kQuiet},
    ConfigKey{"device.host_memory_bytes_max", kInt, "0", 0, 64 * kTiB, "",
              kRestart, kPlain, false,
              "Host memory of operations on the CPU, 64 MiB or more; 0: a quarter of the RAM.",
              kQuiet},
    ConfigKey{"device.soft_limit_ratio", kFloat, "0.8", 0.10, 0.95, "", kRestart, kPlain, false,
              "Share of the device budget from which what is not in use is spilled.", kQuiet},
    ConfigKey{"device.stream_threshold_ratio", kFloat, "0.8", 0.10, 0.95, "",
              kRestart, kPlain, false,
              "Share of the free budget above which an input goes through in chunks.", kQuiet},
    ConfigKey{"device.scratch_bytes", kInt, "67108864", kMiB, 256 * kGiB, "",
              kRestart, kPlain, false,
              "Scratch of a stream; at most a quarter of device.memory_bytes_max.", kQuiet},
    ConfigKey{"device.staging_bytes", kInt, "67108864", kMiB, 256 * kGiB, "",
              kRestart, kPlain, false,
              "Pinned memory for copies; at most a quarter of device.memory_bytes_max.", kQuiet},
    ConfigKey{"device.chunk_bytes", kInt, "67108864", kMiB, 256 * kGiB, "",
              kRestart, kPlain, false,
              "Bytes of a chunk; at most a quarter of device.memory_bytes_max.", kQuiet},
    ConfigKey{"device.spill_host_bytes_max", kInt, "4294967296", 0, 64 * kTiB, "",
              kRestart, kPlain, false,
              "Host memory for what is spilled from the device.", kQuiet},
    ConfigKey{"device.spill_dir", kText, "", 0, 0, "", kRestart, kPlain, false,
              "Directory for what no longer fits there; empty: none.", kQuiet},
    ConfigKey{"device.spill_file_bytes_max", kInt, "17179869184", 0, 1024 * kTiB, "",
              kRestart, kPlain, false,
              "Bytes in that directory.", kQuiet},
    ConfigKey{"device.workers", kInt, "2", 1, 16, "", kRestart, kPlain, false,
              "Operations that run on the device at a time, three streams each.", kQuiet},
    ConfigKey{"device.fallback", kText, "warn", 0, 0, "warn|silent|raise",
              kRestart, kPlain, false,
              "What happens when the CPU takes over: a log line, nothing, or an error.", kQuiet},
    ConfigKey{"device.gain_ratio_min", kFloat, "1.25", 1, 10, "", kRestart, kPlain, false,
              "How much faster the GPU must be predicted to be before it is chosen.", kQuiet},
    ConfigKey{"device.op_timeout_ms", kInt, "5000", 100, 600'000, "", kRestart, kPlain, false,
              "Milliseconds after which an operation on the device counts as hung.", kQuiet},
    ConfigKey{"device.health_interval_ms", kInt, "1000", 100, 600'000, "",
              kRestart, kPlain, false,
              "Milliseconds between two looks at the device's health.", kQuiet},
    ConfigKey{"device.warn_celsius", kInt, "83", 40, 110, "", kRestart, kPlain, false,
              "Temperature from which the device counts as degraded.", kQuiet},
    ConfigKey{"device.critical_celsius", kInt, "90", 40, 110, "", kRestart, kPlain, false,
              "Temperature from which its health is critical; above device.warn_celsius.", kQuiet},
    ConfigKey{"device.breaker_failures", kInt, "5", 1, 1e6, "", kRestart, kPlain, false,
              "Device errors within device.breaker_window_s that open the breaker.", kQuiet},
    ConfigKey{"device.breaker_window_s", kInt, "60", 1, 86'400, "", kRestart, kPlain, false,
              "Seconds in which they are counted.", kQuiet},
    ConfigKey{"device.breaker_open_s", kInt, "30", 1, 86'400, "", kRestart, kPlain, false,
              "Seconds an open breaker waits before a self-test; doubled by each failed one.",
              kQuiet},
    ConfigKey{"device.unready_on_device_loss", kBool, "false", 0, 0, "",
              kRestart, kPlain, false,
              "Whether /readyz fails once the device is lost.", kQuiet},
    ConfigKey{"device.calibration_file", kText, "calibration.json", 0, 0, "",
              kRestart, kPlain, false,
              "File with the measured rates; under storage.data_dir unless absolute.", kQuiet},
    ConfigKey{"device.sim_seed", kInt, "1", 0, kIntMax, "", kRestart, kPlain, false,
              "Seed of the simulator's order of threads, blocks and copies.", kQuiet},
    ConfigKey{"device.sim_oom_rate", kFloat, "0.0", 0, 1, "", kRestart, kPlain, false,
              "Share of the simulator's allocations that fail.", kQuiet},
    ConfigKey{"device.sim_lose_at_op", kInt, "0", 0, kIntMax, "", kRestart, kPlain, false,
              "Operation at which the simulator loses its device; 0: never.", kQuiet},
    ConfigKey{"metrics.dcgm_page", kBool, "false", 0, 0, "", kRestart, kPlain, false,
              "Serve /metrics/dcgm: the GPU under the names of NVIDIA's exporter.", kQuiet},
};
// clang-format on

bool is_choice(const ConfigKey& key, std::string_view text) {
  if (key.choices.empty()) return true;
  const auto choices = config_choices(key);
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

std::string number_text(double value) {
  std::array<char, 32> text;
  const auto end =
      value == std::floor(value) && std::abs(value) <= kIntMax
          ? std::to_chars(text.data(), text.data() + text.size(), static_cast<std::int64_t>(value))
          : std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end.ptr);
}

std::string range_problem(const ConfigKey& key, double value) {
  if (value >= key.min && value <= key.max) return {};  // false for NaN as well
  return number_text(value) + " is outside " + number_text(key.min) + " to " + number_text(key.max);
}

std::string choice_problem(const ConfigKey& key, std::string_view text) {
  if (is_choice(key, text)) return {};
  std::string problem = "\"" + std::string(text) + "\" is not one of ";
  const auto choices = config_choices(key);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i != 0) problem += ", ";
    problem += choices[i];
  }
  return problem;
}

std::size_t value_index(ConfigType type) {
  return static_cast<std::size_t>(type);
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  return kKeys;
}

std::optional<std::size_t> find_config_key(std::string_view name) {
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i].name == name) return i;
  }
  return std::nullopt;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Optimal string alignment: three rolling rows of the dynamic programme.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string_view nearest_config_key(std::string_view name) {
  constexpr std::size_t kNameMax = 128;  // longer ones are no typing errors
  if (name.size() > kNameMax) return {};
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const ConfigKey& key : kKeys) {
    const std::size_t distance = edit_distance(name, key.name);
    if (distance < least) {
      least = distance;
      nearest = key.name;
    }
  }
  if (!nearest.empty()) return nearest;
  // The right key in the wrong table, or without one.
  const std::string_view leaf = name.substr(name.rfind('.') + 1);
  for (const ConfigKey& key : kKeys) {
    if (!leaf.empty() && key.name.substr(key.name.rfind('.') + 1) == leaf) return key.name;
  }
  return {};
}

std::vector<std::string_view> config_choices(const ConfigKey& key) {
  std::vector<std::string_view> choices;
  std::string_view rest = key.choices;
  while (!rest.empty()) {
    const std::size_t bar = rest.find('|');
    choices.push_back(rest.substr(0, bar));
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
  }
  return choices;
}

ConfigValue config_default(const ConfigKey& key) {
  auto value = parse_config_text(key, key.default_text);
  CHECK(value.has_value());
  return std::move(*value);
}

std::string_view config_type_name(ConfigType type) {
  switch (type) {
    case ConfigType::kBool:
      return "true or false";
    case ConfigType::kInt:
      return "an integer";
    case ConfigType::kFloat:
      return "a number";
    case ConfigType::kText:
      return "a text";
    case ConfigType::kTextList:
      return "a list of texts";
  }
  return "";
}

std::string config_value_problem(const ConfigKey& key, const ConfigValue& value) {
  CHECK_EQ(value.index(), value_index(key.type));
  switch (key.type) {
    case ConfigType::kBool:
      return {};
    case ConfigType::kInt: {
      const std::int64_t number = std::get<std::int64_t>(value);
      std::string problem = range_problem(key, static_cast<double>(number));
      return problem.empty() ? choice_problem(key, std::to_string(number)) : problem;
    }
    case ConfigType::kFloat:
      return range_problem(key, std::get<double>(value));
    case ConfigType::kText:
      return choice_problem(key, std::get<std::string>(value));
    case ConfigType::kTextList:
      for (const std::string& item : std::get<std::vector<std::string>>(value)) {
        if (std::string problem = choice_problem(key, item); !problem.empty()) return problem;
      }
      return {};
  }
  return {};
}

std::optional<ConfigValue> parse_config_text(const ConfigKey& key, std::string_view text) {
  const char* const end = text.data() + text.size();
  switch (key.type) {
    case ConfigType::kBool:
      if (text == "true") return true;
      if (text == "false") return false;
      return std::nullopt;
    case ConfigType::kInt: {
      std::int64_t value = 0;
      const auto [at, error] = std::from_chars(text.data(), end, value);
      if (error != std::errc() || at != end) return std::nullopt;
      return value;
    }
    case ConfigType::kFloat: {
      double value = 0;
      const auto [at, error] = std::from_chars(text.data(), end, value);
      if (error != std::errc() || at != end || !std::isfinite(value)) return std::nullopt;
      return value;
    }
    case ConfigType::kText:
      return std::string(text);
    case ConfigType::kTextList: {
      std::vector<std::string> items;
      while (!text.empty()) {
        const std::size_t comma = text.find(',');
        if (comma != 0) items.emplace_back(text.substr(0, comma));
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
      }
      return items;
    }
  }
  return std::nullopt;
}

std::string config_value_toml(const ConfigValue& value) {
  std::string out;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) {
    append_json_f64(out, *number);
    if (out.find_first_of(".e") == std::string::npos) out += ".0";
    return out;
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    append_json_string(out, *text);  // a JSON string is a TOML basic string
    return out;
  }
  out = "[";
  for (const std::string& item : std::get<std::vector<std::string>>(value)) {
    if (out.size() > 1) out += ", ";
    append_json_string(out, item);
  }
  return out + "]";
}

}  // namespace weir
