#include "main/pass_start.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "base/config/render.hpp"
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
      if (!key.verdict || key.secret_file) continue;  // where a key lies may change
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
  if (!inputs.file_text) return fail(not_found("no_log", "no log in " + dir));
  ConfigLoad load = load_config(inputs);
  if (!load.problems.empty()) return fail(config_status(load.problems));
  return load.config;
}

Result<std::unique_ptr<gate::Gate>> start_pass(gate::GateOptions options, const Config& config,
                                               const std::string& rules,
                                               const std::string& author) {
  if (!options.dir.empty()) {
    WEIR_TRY(remember_configuration(options.dir, config));
    WEIR_TRY(remember_mask_key(options.dir, options.pass.masking.get()));
  }
  WEIR_ASSIGN(auto gate, gate::Gate::open(std::move(options), system_clock()));
  if (gate->pass().versions().rules != 0 || rules.empty()) return gate;
  gate::RulesControl control;
  control.version = 1;
  control.author = author;
  control.text = rules;
  ByteWriter payload;
  encode(control, payload);
  std::promise<Result<ledger::Height>> applied;
  gate->control(ledger::ControlType::kRules, std::move(payload.buffer()),
                [&applied](const Result<ledger::Height>& at) { applied.set_value(at); });
  WEIR_TRY(applied.get_future().get());
  return gate;
}

}  // namespace weir::main
