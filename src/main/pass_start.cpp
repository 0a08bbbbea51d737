#include "main/pass_start.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "base/config/render.hpp"
#include "gate/pass_config.hpp"
#include "main/masking.hpp"

namespace weir::main {
namespace {

#define WEIR_EMBED(symbol, path)          \
  extern "C" const char symbol##_begin[]; \
  extern "C" const char symbol##_end[];   \
  __asm__(                                \
      ".section .rodata\n"                \
      ".global " #symbol                  \
      "_begin\n"                          \
      ".global " #symbol "_end\n" #symbol \
      "_begin:\n"                         \
      ".incbin \"" path "\"\n" #symbol    \
      "_end:\n"                           \
      ".byte 0\n"                         \
      ".previous\n")

WEIR_EMBED(weir_default_rules, WEIR_DEFAULT_RULES);
WEIR_EMBED(weir_bench_rules, WEIR_BENCH_RULES);
WEIR_EMBED(weir_handbook_rules, WEIR_HANDBOOK_RULES);

constexpr const char* kConfigFile = "/verdicts.toml";

Status remember_configuration(const std::string& dir, const Config& config) {
  const std::string path = dir + kConfigFile;
  const std::string text = verdict_config_text(config);
  if (const auto logged = logged_configuration(dir)) {
    std::string keys;
    for (const ConfigChange& change : config_changes(**logged, config)) {
      const ConfigKey& key = config_keys()[change.index];
      // Where a key lies may change; what can be reloaded is the log's own matter.
      if (!key.verdict || key.secret_file || key.reloadable) continue;
      keys += (keys.empty() ? "" : ", ") + std::string(key.name) + " " + change.before + " -> " +
              change.after;
    }
    if (keys.empty()) return Status::ok();
    return failed_precondition("config_differs",
                               "the log in " + dir + " was begun with other values: " + keys)
        .hint("use those, or another data directory");
  }
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) return errno_status("write", path, errno);
  return Status::ok();
}

}  // namespace

std::string shipped_rules() {
  return {weir_default_rules_begin, weir_default_rules_end};
}
std::string bench_rules() {
  return {weir_bench_rules_begin, weir_bench_rules_end};
}
std::string handbook_rules() {
  return {weir_handbook_rules_begin, weir_handbook_rules_end};
}

Result<std::string> read_text_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return fail(errno_status("read", path, EISDIR));
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(errno_status("open", path, errno));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<std::shared_ptr<const Config>> logged_configuration(const std::string& dir) {
  ConfigInputs inputs;
  inputs.file_path = dir + kConfigFile;
  // The key of masked texts may lie elsewhere now.
  for (auto& variable : config_environment()) {
    if (variable.first == "WEIR_WIRE__MASK_KEY_FILE") inputs.environment.push_back(variable);
  }
  WEIR_ASSIGN(inputs.file_text, read_config_file(inputs.file_path));
  if (!inputs.file_text)
    return fail(not_found("no_log", "no log in " + dir)
                    .hint("name a data directory of weir run, import or serve"));
  ConfigLoad load = load_config(inputs);
  if (!load.problems.empty()) return fail(config_status(load.problems));
  return load.config;
}

namespace {

using FirstControl = std::pair<ledger::ControlType, ByteWriter>;

// Returns what the log must say before the first event: the configuration if it is another than
// before, the rules if there are none yet.
std::vector<FirstControl> first_controls(const gate::Pass& pass, const Config& config,
                                         const std::string& rules, const std::string& author) {
  std::vector<FirstControl> controls;
  std::string text = logged_config_text(config);
  if (pass.config_text() != text) {
    const std::uint32_t version = pass.versions().config + 1;
    encode(gate::ConfigControl{version, author, std::move(text)},
           controls.emplace_back(ledger::ControlType::kConfig, ByteWriter()).second);
  }
  if (pass.versions().rules == 0 && !rules.empty()) {
    encode(gate::RulesControl{1, author, rules},
           controls.emplace_back(ledger::ControlType::kRules, ByteWriter()).second);
  }
  return controls;
}

// They are queued in one go at rest, so that they share a block.
Status put_controls(gate::Gate& gate, std::vector<FirstControl> controls) {
  std::vector<std::promise<Result<ledger::Height>>> applied(controls.size());
  std::promise<void> queued;
  WEIR_TRY(gate.at_rest([&] {
    for (std::size_t i = 0; i < controls.size(); ++i) {
      gate.control(controls[i].first, std::move(controls[i].second.buffer()),
                   [&applied, i](const Result<ledger::Height>& at) { applied[i].set_value(at); });
    }
    queued.set_value();
  }));
  queued.get_future().wait();
  Status status;
  for (auto& one : applied) {
    const auto at = one.get_future().get();
    if (!at && status.is_ok()) status = at.error();
  }
  return status;
}

}  // namespace

Result<std::unique_ptr<gate::Gate>> start_pass(gate::GateOptions options, const Config& config,
                                               const std::string& rules,
                                               const std::string& author) {
  if (!options.dir.empty()) {
    WEIR_TRY(remember_configuration(options.dir, config));
    WEIR_TRY(remember_mask_key(options.dir, options.pass.masking.get()));
    // What verdicts rest on until the log's first record of the configuration.
    WEIR_ASSIGN(const auto begun, logged_configuration(options.dir));
    gate::set_decide_options(*begun, options.pass);
    options.config_hash = sha256(as_bytes(logged_config_text(config)));
  }
  WEIR_ASSIGN(auto gate, gate::Gate::open(std::move(options), system_clock()));
  WEIR_TRY(put_controls(*gate, first_controls(gate->pass(), config, rules, author)));
  return gate;
}

}  // namespace weir::main
